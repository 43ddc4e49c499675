import { classIn, replace } from './plant.js';

/**
 * Planted bug in the client, within the harness itself: it applies what arrives and never asks for what did not.
 *
 * @returns takes the bug out again
 */
export async function blindClients(): Promise<() => void> {
  const synchronizer = await classIn('libs/sdk/dist/realtime/synchronizer.js', 'Synchronizer');
  const { goOn } = synchronizer.prototype;
  replace(synchronizer, 'goOn', () => () => undefined);
  return () => {
    synchronizer.prototype['goOn'] = goOn as never;
  };
}

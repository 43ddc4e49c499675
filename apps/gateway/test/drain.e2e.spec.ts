import { lastLook, type LogFields, metrics, silentLog } from '@relais/observability';
import { someone } from './issuer.js';
import { startWorld, type World } from './world.js';

async function cut(): Promise<number | undefined> {
  const { values } = await metrics.getSingleMetric('relais_gateway_drain_forced_closes_total')!.get();
  return values[0]?.value;
}

describe('a gateway that drains', () => {
  let world: World;
  let lines: LogFields[];

  beforeEach(async () => {
    lines = [];
    world = await startWorld({ DRAIN_MS: '200' }, { ...silentLog, info: (fields) => void lines.push(fields) });
    await (await fetch(`http://127.0.0.1:${world.internalPort}/metrics`)).text();
  });
  afterEach(() => world.close());

  /** Whether the process would wait, when all else is let go of. */
  const wantsALastLook = async (): Promise<boolean> =>
    Promise.race([
      lastLook.over(1_000).then(() => false),
      new Promise<true>((resolve) => setTimeout(() => resolve(true), 100)),
    ]);
  const said = () => lines.find(({ event }) => event === 'realtime.drained');

  it('goes without waiting for anybody to look when all its clients have gone', async () => {
    await Promise.all([world.join(someone()), world.join(someone())]);

    await world.lifecycle.close();

    expect(await cut()).toBe(0);
    expect(await wantsALastLook()).toBe(false);
    expect(said()).toMatchObject({ count: 0 });
  });

  it('counts whom it cut, says so, and wants to be looked at once more before it ends', async () => {
    const [silent] = await Promise.all([world.join(someone()), world.join(someone())]);
    silent.socket.pause();

    await world.lifecycle.close();

    expect(await cut()).toBe(1);
    expect(await wantsALastLook()).toBe(true);
    expect(said()).toMatchObject({ count: 1 });
    expect(said()?.durationMs).toBeGreaterThan(1_000);
    silent.socket.resume();
  });
});

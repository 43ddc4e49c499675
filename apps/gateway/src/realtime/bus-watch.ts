import type { BusConnection } from '@relais/bus';
import type { Admission } from './admission.js';
import type { Hub } from './hub.js';
import { comeBackMs } from './joining.js';

const LOOK_EVERY_MS = 1_000;
/**
 * Shorter outages are repaired on the open sockets; in a longer one another replica may do better. A silent partition is
 * noticed after up to 15 s; together that is less than the 60 s within which people who were put out are out (P-13).
 */
export const GIVE_UP_AFTER_MS = 40_000;

/** Lets go of all sockets when this replica has been cut off from the others for long. */
export class BusWatch {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Pick<BusConnection, 'downSinceMs'>,
    private readonly hub: Hub,
    private readonly admission: Admission,
    private readonly giveUpAfterMs = GIVE_UP_AFTER_MS,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  look(): void {
    const downSinceMs = this.connection.downSinceMs();
    const isLost = downSinceMs !== undefined && Date.now() - downSinceMs > this.giveUpAfterMs;
    this.admission.closeFor(isLost ? 'bus_disconnected' : undefined);
    if (isLost) for (const connection of this.hub.connections) connection.close('bus_lost', comeBackMs(5_000));
  }
}

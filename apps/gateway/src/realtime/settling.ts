import type { Live } from '@relais/bus';

/** How long the first who asks waits for others to share the round trip with. */
const GATHER_MS = 3;

/** Waits until the server knows all interest added so far; many who ask at once cost one round trip. */
export class Settling {
  private gathering: Promise<void> | undefined;

  constructor(private readonly live: Pick<Live, 'settled'>) {}

  settled(): Promise<void> {
    this.gathering ??= new Promise<void>((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
      this.gathering = undefined;
      return this.live.settled();
    });
    return this.gathering;
  }
}

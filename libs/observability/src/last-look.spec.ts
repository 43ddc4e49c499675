import { LastLook } from './last-look.js';

const HOUR_MS = 3_600_000;

describe('the last look at the metrics of a process', () => {
  const looked = (look: LastLook): void => look.begins()();
  const isOver = async (look: LastLook, afterMs: number): Promise<boolean> =>
    Promise.race([
      look.over(HOUR_MS).then(() => true),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), afterMs)),
    ]);

  it('is waited for where something was counted at the end, until somebody looks again', async () => {
    const look = new LastLook();
    looked(look);
    const begun = look.begins();
    look.want();
    begun();
    const [early, over] = [isOver(look, 50), look.over(HOUR_MS)];
    expect(await early).toBe(false);

    looked(look);

    await over;
  });

  it('is not waited for where nothing was counted, where nobody looks, or where it was had since', async () => {
    const [clean, unseen, seen] = [new LastLook(), new LastLook(), new LastLook()];
    looked(clean);
    unseen.want();
    looked(seen);
    seen.want();
    looked(seen);

    for (const look of [clean, unseen, seen]) expect(await isOver(look, 1_000)).toBe(true);
  });

  it('is not waited for any longer than it may be', async () => {
    const look = new LastLook();
    looked(look);
    look.want();
    const startedAt = performance.now();

    await look.over(100);

    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

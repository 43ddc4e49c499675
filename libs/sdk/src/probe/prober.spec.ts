import { ApiError } from '../api-error.js';
import { Prober } from './prober.js';

function probing(answer: (alarmId: string, tell: (id: string) => void) => Promise<unknown>) {
  const session = {
    call: (_: unknown, { alarmId }: { alarmId: string }) => answer(alarmId, (id) => prober.arrived(id)),
  };
  const prober = new Prober(session as never, { everyMs: 1_000, withinMs: 60, ended: () => undefined });
  return prober;
}

describe('a watchdog over alarms', () => {
  it('is content when its own alarm arrives, also before it hears that it was raised', async () => {
    const prober = probing(async (alarmId, tell) => tell(alarmId));

    expect(await prober.once()).toMatchObject({ isThrough: true });
  });

  it('is not content with an alarm that was accepted and never came', async () => {
    const prober = probing(() => Promise.resolve({}));

    expect(await prober.once()).toEqual({ isThrough: false, why: 'it was raised, and did not arrive' });
  });

  it('is not content with the alarm of before, or of somebody else', async () => {
    const earlier: string[] = [];
    const prober = probing(async (alarmId, tell) => {
      for (const id of earlier) tell(id);
      earlier.push(alarmId);
    });
    await prober.once();

    expect(await prober.once()).toMatchObject({ isThrough: false });
  });

  it('says why it could not be raised', async () => {
    const prober = probing(() => Promise.reject(new ApiError('timeout', 'request_timeout', 'no answer')));

    expect(await prober.once()).toEqual({
      ...{ isThrough: false, why: 'it could not be raised: request_timeout (no answer)' },
    });
  });

  it('ends when it is told to', async () => {
    const prober = probing(async (alarmId, tell) => tell(alarmId));
    const running = prober.run();
    prober.stop();

    await running;
    expect(prober.silentMs).toBeLessThan(1_000);
  });
});

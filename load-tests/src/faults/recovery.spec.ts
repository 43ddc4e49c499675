import type { Sent } from '../world/sim-client.js';
import type { Workload } from '../world/workload.js';
import { lateAnswers, stragglers } from './recovery.js';

const FAULT_AT_MS = 10_000;
const late = (...sent: Pick<Sent, 'sentAtMs' | 'answeredAtMs'>[]): number =>
  lateAnswers({ clients: [{ sent }] } as unknown as Workload, FAULT_AT_MS, 5_000);

describe('entries answered late', () => {
  it.each([
    ['was answered before the fault', { sentAtMs: 1_000, answeredAtMs: 9_000 }],
    ['was sent before the fault and answered in time after it', { sentAtMs: 1_000, answeredAtMs: 15_000 }],
    ['was sent after the fault and answered in time', { sentAtMs: 14_000, answeredAtMs: 19_000 }],
  ])('are not those of which one %s', (_, sent) => {
    expect(late(sent)).toBe(0);
  });

  it('are those whose time is over, and those without an answer', () => {
    expect(
      late({ sentAtMs: 1_000, answeredAtMs: 15_001 }, { sentAtMs: 14_000, answeredAtMs: 19_001 }, { sentAtMs: 1 }),
    ).toBe(3);
  });
});

describe('stragglers', () => {
  const client = (head: number, state = 'online') => ({ connection: { state }, head: () => head });
  const among = (...members: ReturnType<typeof client>[]): Promise<number> =>
    stragglers({ clients: members, conversations: [{ id: 'talk', members }] } as unknown as Workload, 600);

  it('are nobody where all have the same', async () => {
    expect(await among(client(7), client(7))).toBe(0);
  });

  it('are those who lack something, and those who are away', async () => {
    expect(await among(client(7), client(6), client(7, 'offline'))).toBe(2);
  });
});

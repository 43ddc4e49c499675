import fc from 'fast-check';
import { Bus } from '@relais/bus';
import { type ConversationId, AppError, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { coalesce, type Mark, Marks } from './marks.js';
import { Person } from './person.js';

const ids = Array.from({ length: 3 }, () => newId<ConversationId>());
const level = fc.option(fc.nat({ max: 9 }), { nil: undefined });
const mark = fc
  .record({ conversationId: fc.constantFrom(...ids), delivered: level, read: level })
  .map(({ conversationId, delivered, read }): Mark => ({
    conversationId,
    ...(delivered === undefined ? {} : { delivered }),
    ...(read === undefined ? {} : { read }),
  }));

class RecordingBus extends Bus {
  readonly told: unknown[] = [];
  failures = 0;
  async request(_contract: unknown, input: unknown): Promise<never> {
    if (this.failures-- > 0) throw new AppError('unavailable', 'bus_disconnected');
    this.told.push(input);
    return {} as never;
  }
  signal(): void {}
  hear(): () => void {
    return () => undefined;
  }
}

const someone = (): Person => {
  const person = new Person(newId<OrganizationId>(), newId<UserId>(), () => undefined);
  Object.defineProperty(person, 'token', { value: 'token' });
  return person;
};

describe('collecting marks', () => {
  it('keeps the highest of each conversation, in any order and however often', () => {
    fc.assert(
      fc.property(fc.array(mark), (marks) => {
        const into = new Map<ConversationId, Mark>();
        coalesce(into, marks);
        coalesce(into, [...marks].reverse());
        for (const [id, kept] of into)
          for (const name of ['delivered', 'read'] as const) {
            const all = marks.flatMap((each) =>
              each.conversationId === id && each[name] !== undefined ? [each[name]] : [],
            );
            expect(kept[name]).toBe(all.length > 0 ? Math.max(...all) : undefined);
          }
      }),
    );
  });

  it('tells messaging once for many', async () => {
    const bus = new RecordingBus();
    const marks = new Marks(bus, silentLog, 60_000);
    const person = someone();
    const [conversationId] = ids as [ConversationId];

    for (let delivered = 0; delivered < 500; delivered++) marks.note(person, [{ conversationId, delivered }]);
    await marks.flush();
    await marks.flush();

    expect(bus.told).toEqual([{ marks: [{ conversationId, delivered: 499 }] }]);
  });

  it.each([
    [1, 1],
    [2, 0],
  ])('tries once more after %d failures and then forgets (%d told)', async (failures, told) => {
    const bus = new RecordingBus();
    bus.failures = failures;
    const marks = new Marks(bus, silentLog, 60_000);

    marks.note(someone(), [{ conversationId: ids[0] as ConversationId, read: 3 }]);
    for (let i = 0; i < 3; i++) await marks.flush();

    expect(bus.told).toHaveLength(told);
  });
});

import { type Receipt, ROUTES } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { codeOf, type Person } from './person.js';
import type { RawClient } from './raw-client.js';
import type { Running } from './system.js';

export function repeatingContract(running: Running): void {
  let alice: Person;
  let bob: Person;
  let id: ConversationId;
  let sockets: RawClient[];

  beforeAll(async () => {
    [alice, bob] = (await running().acme.people(2)) as [Person, Person];
    id = await alice.start('group', [bob]);
    sockets = [await alice.open(0), await alice.open(1)];
  }, 30_000);

  const message = (text: string) => ({ id: newId<EntryId>(), kind: 'message' as const, body: { text } });
  type Message = ReturnType<typeof message>;
  const put = (gateway: number, entry: Message) =>
    alice.callAt(gateway, ROUTES.append, { conversationId: id, ...entry });
  const frame = async (socket: number, entry: Message): Promise<Receipt> => {
    const said = await (sockets[socket] as RawClient).ask({ type: 'append', conversationId: id, entry });
    if (said.type === 'refusal') throw new Error(said.error.code);
    return said.data as Receipt;
  };
  const ways: Record<string, (entry: Message) => Promise<Receipt>[]> = {
    'over HTTP of both gateways': (entry) => [put(0, entry), put(1, entry), put(0, entry), put(1, entry)],
    'over sockets of both gateways': (entry) => [frame(0, entry), frame(1, entry), frame(0, entry), frame(1, entry)],
    'over HTTP and sockets': (entry) => [put(0, entry), frame(1, entry), put(1, entry), frame(0, entry)],
  };

  it.each(Object.keys(ways))('the same entry at once %s is one entry', async (way) => {
    for (let round = 0; round < 5; round++) {
      const entry = message(`${way} ${round}`);

      const receipts = await Promise.all(ways[way]?.(entry) ?? []);

      const [first] = receipts;
      expect(receipts.map(({ replayed, ...rest }) => rest)).toEqual(
        receipts.map(() => ({ conversationId: id, id: entry.id, seq: first?.seq, recordedAt: first?.recordedAt })),
      );
      expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect((await bob.log(id)).filter((one) => one.id === entry.id)).toHaveLength(1);
    }
  });

  it('the same id with other content is refused, over HTTP and over the socket alike', async () => {
    const entry = message('as it was');
    await put(0, entry);
    const other = { ...entry, body: { text: 'as it was not' } };

    await expect(put(1, other)).rejects.toMatchObject({ status: 409, code: 'entry_id_reused', retryable: false });
    const refusal = await sockets[1]?.ask({ type: 'append', conversationId: id, entry: other });
    expect(refusal).toMatchObject({ type: 'refusal', error: { code: 'entry_id_reused', retryable: false } });
    expect(await codeOf(bob.call(ROUTES.append, { conversationId: id, ...entry }))).toBe('entry_id_reused');
    expect((await bob.log(id)).find((one) => one.id === entry.id)).toMatchObject({ body: { text: 'as it was' } });
  });

  it('two different contents under one id at once: one is recorded, the other refused', async () => {
    const entryId = newId<EntryId>();
    const outcomes = await Promise.allSettled([
      put(0, { ...message('one'), id: entryId }),
      frame(1, { ...message('other'), id: entryId }),
    ]);

    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await bob.log(id)).filter((one) => one.id === entryId)).toHaveLength(1);
  });

  it('the same frame a hundred times is answered a hundred times and recorded once', async () => {
    const entry = message('again and again');
    const receipts = await Promise.all(Array.from({ length: 100 }, (_, index) => frame(index % 2, entry)));

    expect(new Set(receipts.map(({ seq }) => seq)).size).toBe(1);
    expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect((await bob.log(id)).filter((one) => one.id === entry.id)).toHaveLength(1);
  });
}

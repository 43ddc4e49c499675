import { newId } from '@relais/kernel';
import fc from 'fast-check';
import { z } from 'zod';
import {
  appendEntry,
  clientFrame,
  conversationId,
  createConversation,
  entriesAppended,
  EVENTS,
  label,
  REQUESTS,
  serverFrame,
  SIGNALS,
  SURVEYS,
  text,
  updateUser,
  userRemoved,
} from './index.js';

/** Every object a schema takes, found by walking its JSON description; maps, which name their keys' form, are none. */
function objectsOf(schema: z.ZodType): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ((node as { type?: unknown }).type === 'object' && !('propertyNames' in node))
      found.push(node as Record<string, unknown>);
    for (const child of Object.values(node)) walk(child);
  };
  walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  return found;
}

const inputs: [string, z.ZodType][] = [
  ...REQUESTS.map(({ subject, input }): [string, z.ZodType] => [subject, input]),
  ...SURVEYS.map(({ subject, question }): [string, z.ZodType] => [subject, question]),
  ...[...EVENTS, ...SIGNALS].map(({ subject, data }): [string, z.ZodType] => [subject, data]),
  ['clientFrame', clientFrame],
];

describe('what is taken in', () => {
  it.each(inputs)('%s knows all keys of all its objects (A-05, A-65)', (_, schema) => {
    const objects = objectsOf(schema);

    expect(objects.length).toBeGreaterThan(0);
    for (const object of objects) expect(object).toMatchObject({ additionalProperties: false });
  });

  it.each([
    '{"userId":"%","role":"member","organizationId":"%"}',
    '{"userId":"%","__proto__":{"role":"owner"}}',
    '{"userId":"%","constructor":{"prototype":{"role":"owner"}}}',
    '{"userId":"%","prototype":{}}',
    '{"__proto__":{"userId":"%"}}',
  ])('refuses %s (A-04)', (json) => {
    const input: unknown = JSON.parse(json.replaceAll('%', newId()));

    expect(updateUser.input.safeParse(input).success).toBe(false);
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  it('refuses polluting keys inside the parts, too', () => {
    const message = (body: string) =>
      `{"conversationId":"${newId()}","id":"${newId()}","kind":"message","body":${body}}`;
    const parse = (body: string) => appendEntry.input.safeParse(JSON.parse(message(body))).success;

    expect(parse('{"text":"hello"}')).toBe(true);
    expect(parse('{"text":"hello","__proto__":{"mentions":[]}}')).toBe(false);
    expect(parse('{"__proto__":{"text":"hello"}}')).toBe(false);
    expect(parse('{"text":"hello","constructor":1}')).toBe(false);
  });

  it('refuses what the server decides: number, time, sender, organization', () => {
    const entry = { conversationId: newId(), id: newId(), kind: 'message', body: { text: 'hello' } };

    for (const forged of ['seq', 'recordedAt', 'senderId', 'organizationId', 'expiresAt'])
      expect(appendEntry.input.safeParse({ ...entry, [forged]: 1 }).success).toBe(false);
    expect(appendEntry.input.safeParse({ ...entry, kind: 'membership' }).success).toBe(false);
  });
});

describe('ids', () => {
  const good = '0198a1b2-c3d4-7e5f-8a6b-7c8d9e0fabcd';

  it('have one spelling', () => {
    expect(conversationId.safeParse(good).success).toBe(true);
    const others = [
      good.toUpperCase(),
      `{${good}}`,
      `urn:uuid:${good}`,
      ` ${good}`,
      `${good}\n`,
      good.replaceAll('-', ''),
    ];
    for (const other of [...others, good.replace('7e5f', '0e5f'), '', '*', '>', `${good}.>`])
      expect([other, conversationId.safeParse(other).success]).toEqual([other, false]);
  });

  it('are what newId makes', () => {
    for (let n = 0; n < 100; n++) expect(conversationId.safeParse(newId()).success).toBe(true);
  });
});

describe('text', () => {
  it('is measured in bytes of UTF-8', () => {
    expect(text(6).safeParse('abcdef').success).toBe(true);
    expect(text(6).safeParse('abcdefg').success).toBe(false);
    expect(text(6).safeParse('äöü').success).toBe(true);
    expect(text(6).safeParse('äöüa').success).toBe(false);
    expect(text(6).safeParse('€€').success).toBe(true);
    expect(text(7).safeParse('😀😀').success).toBe(false);
    expect(text(8).safeParse('😀😀').success).toBe(true);
  });

  it('agrees with the encoder on every string and limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (value, limit) => {
        expect(text(limit).safeParse(value).success).toBe(new TextEncoder().encode(value).length <= limit);
      }),
    );
  });

  it('has no lone surrogates', () => {
    for (const value of ['\ud800', 'a\udc00b', '\udc00\ud800']) expect(text(100).safeParse(value).success).toBe(false);
  });

  it('of a label shows something', () => {
    for (const value of ['', ' ', '\n\t', '\u00a0\u2003']) expect(label(100).safeParse(value).success).toBe(false);
    expect(label(100).safeParse(' a ').success).toBe(true);
  });
});

describe('parsing', () => {
  it('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (json) => {
        const value: unknown = JSON.parse(json);
        expect(() => clientFrame.safeParse(value)).not.toThrow();
        expect(() => serverFrame.safeParse(value)).not.toThrow();
        for (const [, schema] of inputs) expect(() => schema.safeParse(value)).not.toThrow();
      }),
      { numRuns: 300 },
    );
  });

  it('never throws on something that is nearly a frame', () => {
    const type = fc.constantFrom(
      'hello',
      'token',
      'append',
      'sync',
      'mark',
      'typing',
      'alive',
      'constructor',
      '__proto__',
    );
    const frame = fc.record(
      {
        type,
        n: fc.jsonValue(),
        token: fc.jsonValue(),
        conversationId: fc.oneof(fc.uuid(), fc.jsonValue()),
        entry: fc.record({
          kind: fc.constantFrom('message', 'edit', 'deletion', 'reaction', 'toString'),
          id: fc.uuid(),
          body: fc.jsonValue(),
        }),
        heads: fc.jsonValue(),
        marks: fc.jsonValue(),
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(
      fc.property(frame, (value) => {
        expect(() => clientFrame.safeParse(value)).not.toThrow();
      }),
    );
  });

  it('keeps what it took: a frame that was parsed parses again to the same', () => {
    const frame = {
      type: 'append',
      n: 1,
      conversationId: newId(),
      entry: { id: newId(), kind: 'message', body: { text: 'x' } },
    };

    const once = clientFrame.parse(frame);

    expect(clientFrame.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
    expect(createConversation.input.parse({ id: newId(), kind: 'group', memberIds: [] })).toMatchObject({
      title: '',
      sharesHistory: false,
      messageTtlSeconds: 0,
    });
  });

  it('of numbers takes whole ones that JSON can carry', () => {
    for (const n of [-1, 1.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN, '1', null])
      expect(clientFrame.safeParse({ type: 'token', n, token: 't' }).success).toBe(false);
  });
});

describe('durable events', () => {
  it('carry no content', () => {
    const entry = {
      conversationId: newId(),
      seq: 1,
      id: newId(),
      kind: 'message',
      senderId: newId(),
      notify: [],
      notifyAll: true,
    };
    const event = { id: newId(), organizationId: newId(), entries: [entry] };

    expect(entriesAppended.data.safeParse(event).success).toBe(true);
    expect(entriesAppended.data.safeParse({ ...event, entries: [{ ...entry, body: { text: 'x' } }] }).success).toBe(
      false,
    );
    expect(
      userRemoved.data.safeParse({ id: newId(), organizationId: newId(), userId: newId(), name: 'x' }).success,
    ).toBe(false);
  });
});

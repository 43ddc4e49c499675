import type { JsonSchema } from '../json-schema.js';
import { brokenPromises } from './broken-promises.js';
import type { Promises } from './promises.js';

type Properties = Record<string, JsonSchema>;

const object = (properties: Properties, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  required,
});
const text: JsonSchema = { type: 'string', maxLength: 20 };
const kind: JsonSchema = { type: 'string', enum: ['plain', 'rich'] };
const plain = object({ type: { const: 'plain' }, body: text });
const rich = object({ type: { const: 'rich' }, body: text });

const say = (sent: JsonSchema, answered: JsonSchema = object({})): Promises => ({
  exchanges: { say: { sent, answered } },
  routes: { say: 'PUT /say 200 say' },
  components: { Kind: kind },
});

describe('what is sent', () => {
  const before = object({ id: text, kind: { $ref: '#/components/schemas/Kind' }, note: text }, ['id']);
  const { properties } = before as { properties: Properties };

  it.each<[string, JsonSchema, string]>([
    ['a field more is demanded', object({ ...properties, to: text }, ['id', 'to']), 'say sent.to: must be given'],
    ['what could be left out is demanded', object(properties, ['id', 'note']), 'say sent.note: must be given'],
    ['a field is not read', object({ id: text, kind }, ['id']), 'say sent.note: is no longer read'],
    [
      'less fits in',
      object({ ...properties, note: { ...text, maxLength: 9 } }, ['id']),
      'say sent.note: maxLength was 20, is 9',
    ],
    [
      'there is a bound where there was none',
      object({ ...properties, id: { ...text, minLength: 1 } }, ['id']),
      'say sent.id: minLength was undefined, is 1',
    ],
    [
      'another form is demanded',
      object({ ...properties, id: { ...text, pattern: '^a' } }, ['id']),
      'say sent.id: pattern was undefined, is ^a',
    ],
    [
      'another type is demanded',
      object({ ...properties, id: { type: 'integer' } }, ['id']),
      'say sent.id: was string, is integer',
    ],
    [
      'a value is refused',
      object({ ...properties, kind: { type: 'string', enum: ['plain'] } }, ['id']),
      'say sent.kind: "rich" is refused',
    ],
  ])('breaks a promise when %s', (_, now, finding) => expect(brokenPromises(say(before), say(now))).toEqual([finding]));

  it('may be said in more ways than before', () => {
    const note = { type: 'string', maxLength: 40 };
    const more = { type: 'string', enum: ['plain', 'rich', 'sealed'] };
    const now = object({ id: { anyOf: [{ type: 'integer' }, text] }, kind: more, note, to: text }, []);
    expect(brokenPromises(say(before), say(now))).toEqual([]);
  });

  it('breaks a promise when a member of a union is refused', () => {
    const [finding] = brokenPromises(say({ oneOf: [plain, rich] }), say({ oneOf: [plain] }));
    expect(finding).toBe('say sent.type: "rich" is refused');
    expect(brokenPromises(say({ oneOf: [plain] }), say({ oneOf: [plain, rich] }))).toEqual([]);
  });
});

describe('what is answered', () => {
  const before = object({ id: text, items: { type: 'array', items: object({ seq: { type: 'integer' } }) } });
  const { properties } = before as { properties: Properties };
  const broken = (now: JsonSchema, was = before) => brokenPromises(say(object({}), was), say(object({}), now));

  it.each<[string, JsonSchema, string]>([
    ['is gone', object({ id: text, items: { type: 'array', items: object({}) } }), 'say answered.items[].seq: is gone'],
    ['may be missing', object(properties, ['id']), 'say answered.items: may be missing'],
    [
      'is of another type',
      object({ ...properties, id: { type: 'integer' } }),
      'say answered.id: may be integer, was string',
    ],
    [
      'may be null',
      object({ ...properties, id: { anyOf: [text, { type: 'null' }] } }),
      'say answered.id: may be null, was string',
    ],
  ])('breaks a promise when a field %s', (_, now, finding) => expect(broken(now)).toEqual([finding]));

  it('may hold more fields, longer texts and further members of a union', () => {
    expect(broken(object({ ...properties, id: { type: 'string', maxLength: 90 }, at: text }))).toEqual([]);
    expect(broken({ oneOf: [plain, rich] }, { oneOf: [plain] })).toEqual([]);
  });

  it('is looked at in each member of a union', () => {
    const short = object({ type: { const: 'rich' } });
    expect(broken({ oneOf: [plain, short] }, { oneOf: [plain, rich] })).toEqual(['say answered.body: is gone']);
  });
});

describe('what is published', () => {
  const published = (sent: JsonSchema): Promises => ({ exchanges: { said: { sent } }, routes: {}, components: {} });

  it('is read by both releases, so neither may demand more nor leave anything out', () => {
    const before = published(object({ id: text }));
    expect(brokenPromises(before, published(object({ id: text, at: text })))).toEqual(['said sent.at: must be given']);
    expect(brokenPromises(before, published(object({ id: text }, [])))).toEqual(['said published.id: may be missing']);
  });
});

describe('a contract', () => {
  const before = say(object({ id: text }));

  it('may not go, and its route may not move', () => {
    const now = { ...before, exchanges: {}, routes: { say: 'PUT /tell 200 say' } };
    expect(brokenPromises(before, now)).toEqual([
      'say: is gone',
      'route say: was PUT /say 200 say, is PUT /tell 200 say',
    ]);
    expect(brokenPromises(before, { ...before, routes: {} })).toEqual(['route say: was PUT /say 200 say, is gone']);
  });
});

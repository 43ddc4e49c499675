import { LIMITS, ROUTES } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { credentials } from './credentials.js';
import type { Running } from './system.js';

interface Attempt {
  method?: string;
  path?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  expect: [status: number, code: string];
}

const invalid: Attempt['expect'] = [400, 'invalid_request'];
const text = (said: unknown) => JSON.stringify({ kind: 'message', body: said });
const me = { method: 'GET', body: undefined };

const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  'a field too many': { body: text({ text: 'x', seq: 1 }), expect: invalid },
  'somebody else as the sender': {
    body: JSON.stringify({ kind: 'message', body: { text: 'x' }, senderId: newId() }),
    expect: invalid,
  },
  'a number for a text': { body: text({ text: 42 }), expect: invalid },
  'a list for an object': { body: '[]', expect: invalid },
  null: { body: 'null', expect: invalid },
  nothing: { body: '', expect: invalid },
  'half of a JSON text': { body: '{"kind":', expect: invalid },
  __proto__: { body: '{"kind":"message","body":{"text":"x"},"__proto__":{"admin":true}}', expect: invalid },
  '__proto__ further in': {
    body: '{"kind":"message","body":{"text":"x","__proto__":{"admin":true}}}',
    expect: invalid,
  },
  'a constructor': {
    body: '{"kind":"message","body":{"text":"x"},"constructor":{"prototype":{"admin":true}}}',
    expect: invalid,
  },
  'a lone surrogate': { body: '{"kind":"message","body":{"text":"\\ud800"}}', expect: invalid },
  'bytes that are not UTF-8': {
    body: Buffer.concat([
      Buffer.from('{"kind":"message","body":{"text":"'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}}'),
    ]),
    expect: invalid,
  },
  'arrays without end': { body: '['.repeat(60_000), expect: invalid },
  'a text over the limit': { body: text({ text: 'x'.repeat(LIMITS.messageTextBytes + 1) }), expect: invalid },
  'a body over the limit': { body: text({ text: 'x'.repeat(LIMITS.bodyBytes) }), expect: [413, 'too_large'] },
  'another content type': {
    body: text({ text: 'x' }),
    headers: { 'content-type': 'text/plain' },
    expect: [415, 'invalid_request'],
  },
  'an id that is none': { path: '/v1/conversations/1%20OR%201=1/entries', ...me, expect: invalid },
  'an id in capitals': { path: `/v1/conversations/${newId().toUpperCase()}/entries`, ...me, expect: invalid },
  'an id of nobody': { path: `/v1/conversations/${newId()}/entries`, ...me, expect: [404, 'conversation_not_found'] },
  'a path that climbs': { path: '/v1/conversations/%2e%2e%2f%2e%2e/entries', ...me, expect: invalid },
  'a path that cannot be decoded': { path: '/v1/conversations/%ff', ...me, expect: invalid },
  'a parameter twice (A-66)': { path: '/v1/users?limit=1&limit=2', ...me, expect: invalid },
  'an unknown parameter': { path: '/v1/users?admin=true', ...me, expect: invalid },
  'a cursor that is none': { path: "/v1/users?cursor=' OR 1=1", ...me, expect: invalid },
  'a limit without end': { path: '/v1/users?limit=1000000', ...me, expect: invalid },
  'a token in the URL': {
    ...{ path: '/v1/me?access_token=abc', ...me },
    ...{ headers: { authorization: '' }, expect: [401, 'token_missing'] as [number, string] },
  },
  'no route of ours': { path: '/v1/admin', ...me, expect: [404, 'no_such_route'] },
};

export function edgeHttpContract(running: Running): void {
  let conversationId: ConversationId;

  beforeAll(async () => {
    conversationId = await running().acme.owner.start('group', []);
  });

  async function attempt({ method = 'PUT', path, body, headers = {} }: Attempt) {
    const { acme, gateways } = running();
    const target = path ?? `/v1/conversations/${conversationId}/entries/${newId()}`;
    const url = (gateways[0] as string) + target;
    const usual = { ...credentials(acme.owner.session, method, url), 'content-type': 'application/json' };
    const all: Record<string, string> = { ...usual, ...headers };
    if (all.authorization === '') delete all.authorization;
    if (method === 'GET') delete all['content-type'];
    return fetch(url, { method, headers: all, body });
  }

  it.each(Object.keys(ATTEMPTS))('HTTP: %s is answered with a problem and changes nothing', async (name) => {
    const one = ATTEMPTS[name] as Attempt;
    const { owner } = running().acme;

    const answer = await attempt(one);

    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const { detail = '', ...problem } = (await answer.json()) as { code: string; detail?: string };
    expect([answer.status, problem.code]).toEqual(one.expect);
    expect(Object.keys(problem).toSorted()).toEqual(['code', 'retryable', 'status', 'title', 'type']);
    expect(detail.length).toBeLessThanOrEqual(400);
    expect(await owner.log(conversationId)).toHaveLength(1);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('HTTP: what is odd but allowed comes back as it was said', async () => {
    const { owner } = running().acme;
    const id = await owner.start('group', []);
    const odd = ['\u0000', 'a\u202eb', '<script>alert(1)</script>', "'; DROP TABLE entry; --", '👩‍👩‍👧‍👦', '{"__proto__":1}'];

    for (const one of odd) await owner.say(id, `> ${one}`);

    const said = (await owner.log(id)).flatMap((entry) => (entry.kind === 'message' ? [entry.body?.text] : []));
    expect(said).toEqual(odd.map((one) => `> ${one}`));
    await owner.call(ROUTES.updateConversation, { conversationId: id, title: odd.join('') });
    expect((await owner.call(ROUTES.readConversation, { conversationId: id })).title).toBe(odd.join(''));
  });

  it('HTTP: a page of somebody else is told nothing that lets it in', async () => {
    const origin = 'https://evil.example';
    const { gateways } = running();
    const preflight = {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    };

    const answer = await fetch(`${gateways[0]}/v1/me`, { method: 'OPTIONS', headers: preflight });

    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
}

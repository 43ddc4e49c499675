import { request } from 'node:http';
import { ROUTES } from '@relais/contracts';
import { DeviceKey, RelaisApi } from '@relais/sdk';
import { credentials, helloOf } from './credentials.js';
import { codeOf, type Person } from './person.js';
import { RawClient } from './raw-client.js';
import type { Running } from './system.js';

/** What a thief can do with a token, a proof or both; nothing (A-48, T-03). */
export function stolenTokensContract(running: Running): void {
  let victim: Person;

  beforeAll(async () => {
    victim = await running().acme.join();
  });

  const me = (gateway: number) => `${victim.gateway(gateway)}/v1/me`;
  const ask = async (gateway: number, headers: Record<string, string>) => {
    const answer = await fetch(me(gateway), { headers });
    const { code = 'ok' } = (await answer.json()) as { code?: string };
    return [answer.status, code];
  };

  it('a stolen access token is refused without the key of its device (A-48)', async () => {
    const { accessToken: token } = victim.session.tokens;
    const thief = DeviceKey.generate();
    const dpop = thief.accessProof({ method: 'GET', url: me(0), accessToken: token });

    expect(await ask(0, { authorization: `Bearer ${token}` })).toEqual([401, 'proof_missing']);
    expect(await ask(0, { authorization: `DPoP ${token}` })).toEqual([401, 'proof_missing']);
    expect(await ask(0, { authorization: `DPoP ${token}`, dpop })).toEqual([401, 'invalid_dpop_proof']);
    const api = new RelaisApi({ gateways: victim.gateways });
    expect(await codeOf(api.call(ROUTES.logout, {}, { token, key: thief }))).toBe('invalid_dpop_proof');
    for (const proof of [undefined, thief.accessProof({ method: 'GET', url: me(0), accessToken: token })]) {
      const client = await RawClient.open(victim.gateway(0));
      client.send({ type: 'hello', token, proof });
      expect(await client.closed).toMatchObject({ code: 4503 });
    }
    expect(await codeOf(victim.call(ROUTES.me, {}))).toBe('ok');
  });

  it('a stolen proof is used up by the request it was made for, on both gateways (A-48)', async () => {
    const overheard = credentials(victim.session, 'GET', me(0));

    expect(await ask(0, overheard)).toEqual([200, 'ok']);

    expect(await ask(0, overheard)).toEqual([401, 'invalid_dpop_proof']);
    // The other gateway believes the host that it is told, so that the proof is about it, too.
    const { host } = new URL(me(0));
    expect(await rawStatus(me(1), { ...overheard, host })).toBe(401);
    expect(await rawStatus(me(1), { ...credentials(victim.session, 'GET', me(0)), host })).toBe(200);
  });

  it('a stolen hello opens no second socket, on either gateway (A-48)', async () => {
    const overheard = helloOf(victim.session, victim.gateway(0));
    const socket = await RawClient.open(victim.gateway(0));
    socket.send(overheard);
    await socket.until(({ type }) => type === 'ready');

    for (const gateway of [0, 1]) {
      const { host } = new URL(victim.gateway(0));
      const thief = await RawClient.open(victim.gateway(gateway), { headers: { host } });
      thief.send(overheard);
      expect([gateway, await thief.closed]).toMatchObject([gateway, { code: 4503 }]);
    }
    await socket.close();
  });
}

/** `fetch` writes the host header itself. */
function rawStatus(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers });
    asked.on('response', (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    asked.end();
  });
}

import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { CLOSE_CODES, DEVICE_COMPLIANCE_CHANGE, ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { codeOf, type Person } from './person.js';
import type { Running } from './system.js';

const WITHIN_MS = 5_000;
const ISSUER = 'https://mdm.example/';

/** Device management speaks to one gateway, over HTTP as it is on the wire. */
export function postureContract(running: Running): void {
  const post = async (gateway: number, path: string, body: string, headers: Record<string, string>) => {
    const answer = await fetch(running().acme.owner.gateway(gateway) + path, { method: 'POST', body, headers });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  async function suspendedWithin(person: Person, tablet: Person, act: () => Promise<unknown>): Promise<void> {
    const [lost, kept] = [await person.open(0), await tablet.open(1)];
    const elsewhere = await person.open(1);
    const startedAt = performance.now();
    await act();
    for (const closing of await Promise.all([lost.closed, elsewhere.closed]))
      expect(closing).toMatchObject({ code: CLOSE_CODES.revoked.code });
    expect(performance.now() - startedAt).toBeLessThan(WITHIN_MS);
    for (const gateway of [0, 1]) expect(await codeOf(person.callAt(gateway, ROUTES.me, {}))).toBe('token_revoked');
    expect(await kept.ask({ type: 'sync', heads: [] })).toMatchObject({ type: 'answer' });
    await kept.close();
  }

  async function aTransmitter() {
    const { acme } = running();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = newId();
    const { path } = await (
      await acme.owner.fresh()
    ).call(ROUTES.putPostureSource, {
      sourceId: newId(),
      settings: {
        ...{ kind: 'caep', name: 'MDM', issuer: ISSUER, audience: 'relais' },
        jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid }] },
      },
    });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = (deviceId: string, status: string, audience = 'relais') => {
      const claims = {
        ...{ iss: ISSUER, aud: audience, jti: newId(), iat: Math.floor(Date.now() / 1_000) },
        sub_id: { format: 'opaque', id: deviceId },
        events: { [DEVICE_COMPLIANCE_CHANGE]: { current_status: status } },
      };
      const text = `${part({ alg: 'ES256', typ: 'secevent+jwt', kid })}.${part(claims)}`;
      const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${text}.${signature.toString('base64url')}`;
    };
    return { path, token };
  }

  const asSet = { 'content-type': 'application/secevent+jwt' };

  it('a security event token cuts the device off on both replicas within 5 s, and it alone', async () => {
    const { acme } = running();
    const person = await acme.join();
    const tablet = await acme.anotherDevice(person);
    const { path, token } = await aTransmitter();
    const { deviceId } = person.session.tokens;

    await suspendedWithin(person, tablet, async () => {
      expect(await post(1, path, token(deviceId, 'not-compliant'), asSet)).toMatchObject({ status: 202, text: '' });
    });
    const again = { id: deviceId, name: 'again', platform: 'server' as const };
    expect(await codeOf(acme.anotherDevice(person, again))).not.toBe('ok');
  });

  it('a token that is not right is answered as RFC 8935 has it', async () => {
    const { path, token } = await aTransmitter();

    const { status, type, text } = await post(0, path, token(newId(), 'compliant', 'another'), asSet);
    expect([status, type]).toEqual([400, 'application/json']);
    expect(JSON.parse(text)).toEqual({ err: 'invalid_audience', description: expect.any(String) as string });
    expect(await post(0, path, token(newId(), 'compliant'), { 'content-type': 'application/json' })).toMatchObject({
      status: 400,
    });
    expect(await post(0, path, 'x'.repeat(200_000), asSet)).toMatchObject({ status: 413 });
    expect(await post(0, path, 'x'.repeat(70_000), asSet)).toMatchObject({ status: 400 });
    expect(await post(0, '/v1/posture/x/y/events', 'x', asSet)).toMatchObject({ status: 400 });
  });

  it('signed JSON does the same, byte for byte as it was signed', async () => {
    const { acme } = running();
    const person = await acme.join();
    const tablet = await acme.anotherDevice(person);
    const { path, key } = await (
      await acme.owner.fresh()
    ).call(ROUTES.putPostureSource, {
      ...{ sourceId: newId(), settings: { kind: 'json', name: 'Intune' } },
    });
    const send = (compliant: boolean, tamper = '') => {
      // With blanks that parsing and writing again would lose.
      const body = `{ "deviceId": "${person.session.tokens.deviceId}",\n  "compliant": ${compliant} }`;
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const signature = `v1=${createHmac('sha256', String(key)).update(`${timestamp}.${body}`).digest('hex')}`;
      const headers = { 'relais-timestamp': timestamp, 'relais-signature': signature };
      return post(0, path, body + tamper, { 'content-type': 'application/json', ...headers });
    };

    expect(await send(false, ' ')).toMatchObject({ status: 401 });
    await suspendedWithin(person, tablet, async () => expect(await send(false)).toMatchObject({ status: 202 }));
    expect(await post(0, path, '{}', { 'content-type': 'application/json' })).toMatchObject({ status: 400 });
    expect(await post(0, path, '{}', asSet)).toMatchObject({ status: 400 });
  });
}

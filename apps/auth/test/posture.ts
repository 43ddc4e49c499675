import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEVICE_COMPLIANCE_CHANGE, receivePostureReport, receiveSecurityEvent } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Member, World } from './world.js';

/** A transmitter of Shared Signals that really signs. */
export async function aTransmitter(alg = 'ES256', kid: string = newId()) {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  const sign = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'secevent+jwt', ...header }).sign(privateKey);
  return { jwk, sign };
}
export type Transmitter = Awaited<ReturnType<typeof aTransmitter>>;

export const ISSUER = 'https://mdm.example/';
export const AUDIENCE = 'relais';

/** Claims as OpenID CAEP 1.0 has them. */
export const claimsOf = (
  { clock }: World,
  device: unknown,
  status: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  ...{ iss: ISSUER, aud: AUDIENCE, jti: newId(), iat: Math.floor(clock.now().getTime() / 1_000) },
  sub_id: { format: 'complex', device },
  events: { [DEVICE_COMPLIANCE_CHANGE]: { previous_status: 'compliant', current_status: status } },
  ...more,
});

interface Source {
  id: string;
}

export const push = ({ bus }: World, { tokens }: Member, { id }: Source, body: string) =>
  bus.request(receiveSecurityEvent, { organizationId: tokens.organizationId, sourceId: id as never, body });

/** As a script of device management signs it. */
export function signed({ clock }: World, key: string, report: object, atSeconds = clock.now().getTime() / 1_000) {
  const [body, timestamp] = [JSON.stringify(report), String(Math.floor(atSeconds))];
  const signature = `v1=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`;
  return { body, timestamp, signature };
}

export const post = ({ bus }: World, { tokens }: Member, { id }: Source, said: ReturnType<typeof signed>) =>
  bus.request(receivePostureReport, { organizationId: tokens.organizationId, sourceId: id as never, ...said });

/** A server that publishes keys, and counts how often it is asked. */
export async function publish(answer: () => { keys: JWK[] } | { redirect: string } | { bytes: number }) {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    const said = answer();
    if ('redirect' in said) return void response.writeHead(302, { location: said.redirect }).end();
    response.end('bytes' in said ? ' '.repeat(said.bytes) : JSON.stringify(said));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/jwks`,
    asked: () => asked,
    close: () => void server.close().closeAllConnections(),
  };
}

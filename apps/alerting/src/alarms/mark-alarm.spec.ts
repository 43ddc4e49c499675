import { generateKeyPairSync } from 'node:crypto';
import { type AccessClaims, markAlarmsOfMany } from '@relais/contracts';
import { type DeviceId, newId, type OrganizationId, type SessionId, SystemClock, type UserId } from '@relais/kernel';
import { JwtTokenVerifier, signAccessToken, TrustStore } from '@relais/security';
import { MarkAlarmHandler } from './mark-alarm.js';
import type { MarkCollector } from './mark-collector.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = { kid: 'k1', privateKey };
const JWK = {
  ...({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' } as const),
  ...{ kid: KEY.kid, x: String(publicKey.export({ format: 'jwk' }).x) },
};
const marks = [{ alarmId: newId<never>(), step: 0, cycle: 0, path: 'socket' as const, state: 'shown' as const }];

const claimsOf = (more: Partial<AccessClaims> = {}): AccessClaims => {
  const now = Math.floor(Date.now() / 1_000);
  return {
    ...({ iss: 'relais', aud: 'relais', roles: ['member'], amr: ['pwd'] } as const),
    ...{ sub: newId<UserId>(), org: newId<OrganizationId>(), dev: newId<DeviceId>(), sid: newId<SessionId>() },
    ...{ auth_time: now, epoch: 1, cnf: { jkt: 'thumb' }, iat: now, exp: now + 300 },
    ...more,
  };
};

describe('marks that a gateway brings for many people', () => {
  let trust: TrustStore;
  let noted: { organizationId: string; userId: string }[];
  let handler: MarkAlarmHandler;

  beforeEach(() => {
    trust = new TrustStore(new SystemClock());
    trust.applyKeys([JWK]);
    noted = [];
    const collector: Pick<MarkCollector, 'add'> = {
      add: async (organizationId, all) => {
        noted.push(...all.map(({ userId }) => ({ organizationId, userId })));
      },
    };
    handler = new MarkAlarmHandler(collector as MarkCollector, new JwtTokenVerifier(trust));
  });

  const tokenOf = (claims: AccessClaims) => signAccessToken(claims, KEY);
  const bring = (...tokens: string[]) =>
    handler.executeMany(markAlarmsOfMany.input.parse({ people: tokens.map((token) => ({ token, marks })) }));

  it('are those of the people whose tokens it brings, each in their organization', async () => {
    const [anna, ben] = [claimsOf(), claimsOf()];

    const { refused } = await bring(await tokenOf(anna), await tokenOf(ben));

    expect(refused).toBe(0);
    expect(noted).toEqual([anna, ben].map(({ org, sub }) => ({ organizationId: org, userId: sub })));
  });

  it('are not taken for whose token does not hold, and the others go on (A-46)', async () => {
    const [anna, late] = [claimsOf(), claimsOf({ iat: 1_000, exp: 1_300, auth_time: 1_000 })];
    const mute = claimsOf({ scope: 'messages:write' });
    const other = generateKeyPairSync('ed25519').privateKey;
    const forged = await signAccessToken(claimsOf(), { ...KEY, privateKey: other });

    const { refused } = await bring(await tokenOf(late), forged, 'no token', await tokenOf(mute), await tokenOf(anna));

    expect(refused).toBe(4);
    expect(noted).toEqual([{ organizationId: anna.org, userId: anna.sub }]);
  });

  it('are not lost by an alerting that does not know whom to trust yet: it says so', async () => {
    handler = new MarkAlarmHandler({} as MarkCollector, new JwtTokenVerifier(new TrustStore(new SystemClock())));

    await expect(bring(await tokenOf(claimsOf()))).rejects.toMatchObject({ code: 'not_ready' });
  });
});

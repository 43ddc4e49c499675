import { jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { BusServer, connectNats, type EventConsumer, NatsBus, type RequestOptions } from '@relais/bus';
import { loadConfig } from '@relais/config';
import { acceptInvitation, bootstrapOrganization, createInvitation, openSession, type Role } from '@relais/contracts';
import { OutboxRelay } from '@relais/database';
import { silentLog } from '@relais/observability';
import { JwtTokenVerifier, newSecret, TrustStore } from '@relais/security';
import { FixedClock, privateNats } from '@relais/testing';
import { AuthModule } from '../src/app.module.js';
import { env } from '../src/config.js';
import { LocalTrust } from '../src/trust/local-trust.js';
import { NOTICES } from '../src/notices/notices.providers.js';
import { authDatabases } from './databases.js';
import { aDevice, aPerson, type TestDevice } from './person.js';

// A machine that runs several suites at once is slow; nothing here is about speed.
const PATIENCE_MS = 60_000;
jest.setTimeout(PATIENCE_MS);

class PatientBus extends NatsBus {
  override request: NatsBus['request'] = (contract, input, options: RequestOptions = {}) =>
    super.request(contract, input, { timeoutMs: PATIENCE_MS, ...options });
}

/** The auth service with its real dependencies, and a caller on the other side of NATS. */
export async function startWorld({ organizations = 2 } = {}) {
  const clock = new FixedClock(new Date());
  const [databases, nats] = await Promise.all([authDatabases(clock), privateNats()]);
  const bootstrapTokens = Array.from({ length: organizations }, newSecret);
  const config = loadConfig(env, {
    NATS_URL: nats.url,
    DATABASE_URL: databases.main.appUrl,
    KEYSTORE_URL: databases.keystore.appUrl,
    KEK_FILE: '/unused',
    REPLICA: 'auth-test',
    BOOTSTRAP_TOKEN: bootstrapTokens.join(','),
  });
  const connect = (service: string) =>
    connectNats({ url: nats.url, service, replica: `${service}-test`, nkeySeed: nats.seed, log: silentLog });
  const [connection, callerConnection] = await Promise.all([connect('auth'), connect('gateway')]);
  const app = await NestFactory.createApplicationContext(
    AuthModule.with({ ...databases, config, log: silentLog, connection, clock }),
    { logger: false, abortOnError: false },
  );
  await app.get(LocalTrust).start();
  app.get(OutboxRelay).start();
  const notices = app.get<EventConsumer<never>>(NOTICES);
  notices.start();
  const trust = new TrustStore(clock);
  const close = async () => {
    await app.get(LocalTrust).stop();
    await notices.stop();
    await app.get(OutboxRelay).stop();
    await app.get(BusServer).drain();
    await app.close();
    await Promise.all([connection.close(), callerConnection.close()]);
    await Promise.all([databases.close(), nats.stop()]);
  };
  return {
    ...databases,
    app,
    clock,
    /** Days go by: the service has looked at its keys meanwhile, as it does every few seconds. */
    passDays: async (days: number) => {
      clock.advance(days * 86_400_000 + 1);
      await app.get(LocalTrust).refresh();
    },
    bus: new PatientBus(callerConnection),
    connection,
    callerConnection,
    server: app.get(BusServer),
    trust,
    verifier: new JwtTokenVerifier(trust, { clock }),
    bootstrapTokens,
    close,
  };
}
export type World = Awaited<ReturnType<typeof startWorld>>;

let organizations = 0;

/** A new organization with its owner, signed in. */
export async function anOrganization({ bus, bootstrapTokens }: World, on: TestDevice = aDevice()) {
  const number = organizations++;
  const handle = `brigade-${number}`;
  const person = aPerson();
  const tokens = await bus.request(bootstrapOrganization, {
    bootstrapToken: bootstrapTokens[number] as string,
    organization: { handle, name: 'Fire brigade' },
    owner: person,
    device: on.device,
  });
  return { handle, person, tokens, on };
}
export type Member = Awaited<ReturnType<typeof anOrganization>>;

/** Somebody invited and joined. */
export async function aMember({ bus }: World, inviter: Member, role: Role = 'member'): Promise<Member> {
  const { invitationToken } = await bus.request(createInvitation, { role }, { token: inviter.tokens.accessToken });
  const person = aPerson();
  const on = aDevice();
  const tokens = await bus.request(acceptInvitation, { invitationToken, ...person, device: on.device });
  return { handle: inviter.handle, person, tokens, on };
}

/** The same person signs in once more. */
export async function signIn({ bus }: World, member: Member, on: TestDevice = aDevice()): Promise<Member> {
  const { email, password } = member.person;
  const tokens = await bus.request(openSession, { organization: member.handle, email, password, device: on.device });
  return { ...member, tokens, on };
}

/** The code a request was refused with, or `ok`. */
export const codeOf = (request: Promise<unknown>): Promise<string> =>
  request.then(
    () => 'ok',
    (error: { code?: string }) => error.code ?? String(error),
  );

/** The same, of a request that is made again as long as it is put off: fifty at once are more than the service takes. */
export async function finalCodeOf(request: () => Promise<unknown>): Promise<string> {
  for (;;) {
    const code = await codeOf(request());
    if (code !== 'login_overloaded' && code !== 'database_unavailable') return code;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

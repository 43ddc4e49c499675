import { generateKeyPairSync } from 'node:crypto';
import { Controller, type INestApplicationContext, Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner, NestFactory } from '@nestjs/core';
import { type BusConnection, BusServer, type RequestContext, Serves } from '@relais/bus';
import {
  checkContacts,
  classifyContacts,
  listRevocations,
  type PublicJwk,
  readKeys,
  readMyPermissions,
  type Scope,
} from '@relais/contracts';
import { type DeviceId, newId, type OrganizationId, type SessionId, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { JwtTokenVerifier, signAccessToken, TrustStore } from '@relais/security';
import type { z } from 'zod';

/** Somebody on one device. */
export interface Person {
  userId: UserId;
  organizationId: OrganizationId;
  deviceId: DeviceId;
  token: string;
}

const ADMINISTRATORS = 'administrators';

/** Who there is, and the key that says so: the part of auth that messaging asks for. */
export class Directory {
  private readonly people = new Map<UserId, OrganizationId>();
  /** Who is in which pool, while people of different pools may not meet; otherwise everybody may meet everybody. */
  pools: ReadonlyMap<UserId, string> | undefined;
  /** Somebody who meets everybody all the same. */
  administrator: UserId | undefined;
  /** Who says what holds for the organization. */
  readonly policyMakers = new Set<UserId>();
  /** Whether they have shown lately who they are. */
  isFresh = true;
  private readonly pair = generateKeyPairSync('ed25519');
  private readonly kid = newId();

  get publicJwk(): PublicJwk {
    const { x } = this.pair.publicKey.export({ format: 'jwk' });
    return { kty: 'OKP', crv: 'Ed25519', x: x as string, kid: this.kid, alg: 'EdDSA', use: 'sig' };
  }

  /** With scopes it is a bot. */
  async person(organizationId: OrganizationId, scopes?: readonly Scope[]): Promise<Person> {
    const [userId, deviceId, sid] = [newId<UserId>(), newId<DeviceId>(), newId<SessionId>()];
    const iat = Math.floor(Date.now() / 1_000);
    const token = await signAccessToken(
      {
        ...{
          iss: 'relais',
          aud: 'relais',
          iat,
          exp: iat + 300,
          epoch: 0,
          amr: ['pwd'],
          auth_time: iat,
          roles: ['member'],
          sid,
        },
        ...{ sub: userId, org: organizationId, dev: deviceId, cnf: { jkt: 'none' } },
        ...(scopes && { scope: scopes.join(' ') }),
      },
      { kid: this.kid, privateKey: this.pair.privateKey },
    );
    this.people.set(userId, organizationId);
    return { userId, organizationId, deviceId, token };
  }

  known(organizationId: OrganizationId, userIds: readonly UserId[]): UserId[] {
    return userIds.filter((userId) => this.people.get(userId) === organizationId);
  }

  mayMeet(one: UserId, other: UserId): boolean {
    const own = this.poolOf(one);
    return !this.pools || own === ADMINISTRATORS || [own, ADMINISTRATORS].includes(this.poolOf(other));
  }

  poolOf(userId: UserId): string {
    return userId === this.administrator ? ADMINISTRATORS : (this.pools?.get(userId) ?? 'none');
  }

  /** Answers for auth until the application is closed. */
  async serve(connection: BusConnection): Promise<INestApplicationContext> {
    const trust = new TrustStore();
    trust.applyKeys([this.publicJwk]);
    return NestFactory.createApplicationContext(
      {
        module: DirectoryModule,
        imports: [DiscoveryModule],
        controllers: [DirectoryController],
        providers: [
          { provide: Directory, useValue: this },
          {
            provide: BusServer,
            useFactory: (discovery: DiscoveryService, scanner: MetadataScanner) =>
              new BusServer(connection, new JwtTokenVerifier(trust), silentLog, discovery, scanner),
            inject: [DiscoveryService, MetadataScanner],
          },
        ],
      },
      { logger: false },
    );
  }
}

@Module({})
class DirectoryModule {}

@Controller()
class DirectoryController {
  constructor(private readonly directory: Directory) {}

  @Serves(readKeys)
  async keys() {
    return { keys: [this.directory.publicJwk] };
  }

  @Serves(listRevocations)
  async revocations() {
    return { revocations: [] };
  }

  @Serves(readMyPermissions)
  async permissions(_: object, { principal }: RequestContext) {
    const { policyMakers, isFresh } = this.directory;
    const permissions = policyMakers.has(principal.userId) ? [{ permission: 'manage_policies' as const }] : [];
    return { role: 'member' as const, permissions, isFresh };
  }

  @Serves(checkContacts)
  async check({ userIds }: z.infer<typeof checkContacts.input>, { principal }: RequestContext) {
    const known = this.directory.known(principal.organizationId, userIds);
    const refused = known.filter((userId) => !this.directory.mayMeet(principal.userId, userId));
    return {
      allowed: known.filter((userId) => !refused.includes(userId)),
      refused: refused.map((userId) => ({ userId, rule: 'no_shared_pool' as const })),
      hasBarriers: this.directory.pools !== undefined,
    };
  }

  @Serves(classifyContacts)
  async classify({ organizationId, userIds, known }: z.infer<typeof classifyContacts.input>) {
    const here = new Set(this.directory.known(organizationId, userIds));
    const classes = [...new Set([...known, ...[...here].map((userId) => this.directory.poolOf(userId))])];
    const { pools } = this.directory;
    const isApart = (own: string, other: string) =>
      pools !== undefined && own !== other && ![own, other].includes(ADMINISTRATORS);
    return {
      ...{ hasBarriers: pools !== undefined, classes },
      classOf: userIds.map((userId) => (here.has(userId) ? classes.indexOf(this.directory.poolOf(userId)) : -1)),
      apart: classes.map((own) => classes.flatMap((other, index) => (isApart(own, other) ? [index] : []))),
    };
  }
}

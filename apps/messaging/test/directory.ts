import { generateKeyPairSync } from 'node:crypto';
import { Controller, type INestApplicationContext, Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner, NestFactory } from '@nestjs/core';
import { type BusConnection, BusServer, type RequestContext, Serves } from '@relais/bus';
import { listRevocations, type PublicJwk, readKeys, resolveUsers } from '@relais/contracts';
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

/** Who there is, and the key that says so: the part of auth that messaging asks for. */
export class Directory {
  private readonly people = new Map<UserId, OrganizationId>();
  private readonly pair = generateKeyPairSync('ed25519');
  private readonly kid = newId();

  get publicJwk(): PublicJwk {
    const { x } = this.pair.publicKey.export({ format: 'jwk' });
    return { kty: 'OKP', crv: 'Ed25519', x: x as string, kid: this.kid, alg: 'EdDSA', use: 'sig' };
  }

  async person(organizationId: OrganizationId): Promise<Person> {
    const [userId, deviceId, sid] = [newId<UserId>(), newId<DeviceId>(), newId<SessionId>()];
    const iat = Math.floor(Date.now() / 1_000);
    const token = await signAccessToken(
      {
        ...{ iss: 'relais', aud: 'relais', iat, exp: iat + 300, epoch: 0, amr: ['pwd'], roles: ['member'], sid },
        ...{ sub: userId, org: organizationId, dev: deviceId, cnf: { jkt: 'none' } },
      },
      { kid: this.kid, privateKey: this.pair.privateKey },
    );
    this.people.set(userId, organizationId);
    return { userId, organizationId, deviceId, token };
  }

  known(organizationId: OrganizationId, userIds: readonly UserId[]): UserId[] {
    return userIds.filter((userId) => this.people.get(userId) === organizationId);
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

  @Serves(resolveUsers)
  async resolve({ userIds }: z.infer<typeof resolveUsers.input>, { principal }: RequestContext) {
    return { userIds: this.directory.known(principal.organizationId, userIds) };
  }
}

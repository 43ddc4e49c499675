import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bot, ROUTES, type Scope } from '@relais/contracts';
import { Cluster } from '@relais/devstack';
import { type DeviceId, newId } from '@relais/kernel';
import { DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';

export const device = () => ({ id: newId<DeviceId>(), name: 'test', platform: 'server' as const });
export const newPassword = (): string => randomBytes(18).toString('base64url');

/** Relais as a whole with one organization, whose owner has shown who they are and made a bot for the operator. */
export class Acme {
  private constructor(
    private readonly cluster: Cluster,
    private readonly folder: string,
    readonly gateway: string,
    readonly owner: RelaisSession,
    readonly bot: Bot,
  ) {}

  /** @param name by which its processes are told from those of others on this machine */
  static async found(name: string, scopes: Scope[]): Promise<Acme> {
    const cluster = await Cluster.start({ name: `${name}-${process.pid}`, isTemporary: true });
    try {
      const [gateway = ''] = await cluster.gatewayUrls();
      const owner = await bootstrapped(strangerAt(gateway), cluster.bootstrapToken);
      const key = DeviceKey.generate();
      const { publicKey } = key;
      const bot = await owner.call(ROUTES.createBot, { displayName: 'Operator', scopes, publicKey });
      const acme = new Acme(cluster, await mkdtemp(join(tmpdir(), `relais-${name}-`)), gateway, owner, bot);
      const credentials = { clientId: bot.clientId, keyId: bot.keys[0]?.id, key };
      await writeFile(acme.botFile, JSON.stringify(credentials), { mode: 0o600 });
      return acme;
    } catch (error) {
      await cluster.close({ purge: true });
      throw error;
    }
  }

  /** What the operator shows at the gateway. */
  get botFile(): string {
    return join(this.folder, 'bot.json');
  }

  /** Somebody of whom nothing is known yet. */
  stranger(): RelaisApi {
    return strangerAt(this.gateway);
  }

  async close(): Promise<void> {
    this.owner.close();
    await this.cluster.close({ purge: true });
    await rm(this.folder, { recursive: true, force: true });
  }
}

const strangerAt = (gateway: string): RelaisApi => new RelaisApi({ gateways: [gateway], timeoutMs: 30_000 });

async function bootstrapped(api: RelaisApi, bootstrapToken: string): Promise<RelaisSession> {
  const password = newPassword();
  const organization = { handle: 'acme', name: 'Acme' };
  const person = { email: 'owner@acme.example', displayName: 'Owner', password };
  const first = { bootstrapToken, organization, owner: person };
  const owner = await RelaisSession.bootstrap(api, first, device(), DeviceKey.generate());
  const { loginToken } = await owner.call(ROUTES.beginStepUp, {});
  await owner.stepUp({ loginToken, shown: { kind: 'password', password } });
  return owner;
}

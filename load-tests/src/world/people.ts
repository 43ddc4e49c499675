import { randomBytes } from 'node:crypto';
import { ROUTES } from '@relais/contracts';
import type { Cluster } from '@relais/devstack';
import { type DeviceId, newId } from '@relais/kernel';
import { ApiError, DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';

const newDevice = (name: string) => ({ id: newId<DeviceId>(), name, platform: 'server' as const });
const newPerson = (organization: string, name: string) => ({
  email: `${name}@${organization}.example`,
  displayName: name,
  password: randomBytes(18).toString('base64url'),
});

/**
 * The people of one organization: an owner and those they invited, each with a session of their own. Made through the API, as
 * anybody would; a password hash each is what it costs.
 */
export class People {
  private constructor(
    /** Handle of their organization. */
    private readonly organization: string,
    readonly api: RelaisApi,
    readonly sessions: RelaisSession[],
    private readonly ownerPassword: string,
  ) {}

  /** How the owner signs in. */
  get login(): { organization: string; email: string; password: string } {
    const { organization, ownerPassword: password } = this;
    return { organization, email: newPerson(organization, 'owner').email, password };
  }

  static async found(cluster: Cluster, handle: string, bootstrapToken: string): Promise<People> {
    const api = new RelaisApi({ gateways: await cluster.gatewayUrls(), timeoutMs: 30_000 });
    const person = newPerson(handle, 'owner');
    const owner = await RelaisSession.bootstrap(
      api,
      { bootstrapToken, organization: { handle, name: handle }, owner: person },
      newDevice('owner'),
      DeviceKey.generate(),
    );
    return new People(handle, api, [owner], person.password);
  }

  get owner(): RelaisSession {
    return this.sessions[0] as RelaisSession;
  }

  /** The owner, who has just shown once more who they are: for what needs that. */
  async freshOwner(): Promise<RelaisSession> {
    const { loginToken } = await this.owner.call(ROUTES.beginStepUp, {});
    await this.owner.stepUp({ loginToken, shown: { kind: 'password', password: this.ownerPassword } });
    return this.owner;
  }

  /** The first `count` people; those who are missing are invited and join now, two at a time. */
  async atLeast(count: number, progress: (have: number) => void = () => undefined): Promise<RelaisSession[]> {
    const missing = Math.max(0, count - this.sessions.length);
    const names = Array.from({ length: missing }, (_, index) => `person${this.sessions.length + index}`);
    const work = async (): Promise<void> => {
      for (let name = names.pop(); name; name = names.pop()) {
        this.sessions.push(await this.invite(name));
        progress(this.sessions.length);
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    return this.sessions.slice(0, count);
  }

  /** Somebody new, beside those who count. A busy machine may be late with an answer: then with another invitation. */
  async invite(name: string): Promise<RelaisSession> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.inviteOnce(`${name}${attempt > 1 ? `-${attempt}` : ''}`);
      } catch (error) {
        if (!(error instanceof ApiError) || !error.retryable || attempt === 5) throw error;
      }
    }
  }

  private async inviteOnce(name: string): Promise<RelaisSession> {
    const { invitationToken } = await this.owner.call(ROUTES.invite, {});
    return RelaisSession.acceptInvitation(
      this.api,
      { invitationToken, ...newPerson(this.organization, name) },
      newDevice(name),
      DeviceKey.generate(),
    );
  }

  close(): void {
    for (const session of this.sessions) session.close();
  }
}

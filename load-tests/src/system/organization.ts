import { randomBytes } from 'node:crypto';
import { ROUTES } from '@relais/contracts';
import { newId, type DeviceId } from '@relais/kernel';
import { DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';
import { type Account, Person } from './person.js';

export const newDevice = (name = 'system test', id = newId<DeviceId>()) => ({ id, name, platform: 'server' as const });

/** Long enough for a hash in the queue of two busy cores. */
const CALL_TIMEOUT_MS = 30_000;

/** One organization and its people, all made through the public API. */
export class Organization {
  private joined = 0;

  private constructor(
    readonly handle: string,
    readonly gateways: readonly string[],
    readonly owner: Person,
  ) {}

  static async found(gateways: readonly string[], bootstrapToken: string, handle: string): Promise<Organization> {
    const account = newAccount(handle, 'owner');
    const session = await RelaisSession.bootstrap(
      new RelaisApi({ gateways, timeoutMs: CALL_TIMEOUT_MS }),
      { bootstrapToken, organization: { handle, name: handle }, owner: account },
      newDevice(),
      DeviceKey.generate(),
    );
    return new Organization(handle, gateways, new Person(handle, account, session, gateways));
  }

  get id() {
    return this.owner.session.tokens.organizationId;
  }

  /** Somebody who accepts an invitation of the owner's. */
  async join(more: Partial<Account> = {}, device = newDevice()): Promise<Person> {
    const account = { ...newAccount(this.handle, `person${this.joined++}`), ...more };
    const { invitationToken } = await this.owner.call(ROUTES.invite, {});
    const session = await RelaisSession.acceptInvitation(
      this.api(),
      { invitationToken, ...account },
      device,
      DeviceKey.generate(),
    );
    return new Person(this.handle, account, session, this.gateways);
  }

  people(count: number): Promise<Person[]> {
    return Promise.all(Array.from({ length: count }, () => this.join()));
  }

  /** The same person on another device, with a session of its own. */
  async anotherDevice({ account }: Person, device = newDevice()): Promise<Person> {
    const { email, password } = account;
    const input = { organization: this.handle, email, password };
    const session = await RelaisSession.login(this.api(), input, device, DeviceKey.generate());
    return new Person(this.handle, account, session, this.gateways);
  }

  api(): RelaisApi {
    return new RelaisApi({ gateways: this.gateways, timeoutMs: CALL_TIMEOUT_MS });
  }
}

const newAccount = (handle: string, name: string): Account => ({
  email: `${name}-${randomBytes(4).toString('hex')}@${handle}.example`,
  displayName: name,
  password: randomBytes(18).toString('base64url'),
});

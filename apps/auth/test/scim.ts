import { createProvisioningClient, handleScim, type ScimRequest } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { as } from './factors.js';
import type { Member, World } from './world.js';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

interface Answer {
  status: number;
  // What SCIM answers is looked at by the tests themselves.
  // eslint-disable-next-line typescript/no-explicit-any
  body: any;
  etag?: string | undefined;
  location?: string | undefined;
  retryAfterSeconds?: number | undefined;
}

/** Speaks SCIM as an identity management system does, past the gateway. */
export class ScimTester {
  private constructor(
    private readonly world: World,
    readonly clientId: string,
    public bearer: string,
  ) {}

  static async of(world: World, owner: Member, settings: object = {}): Promise<ScimTester> {
    const clientId = newId();
    const asked = { clientId: clientId as never, settings: { name: 'Entra', ...settings } };
    const { secret } = await world.bus.request(createProvisioningClient, asked, as(owner));
    return new ScimTester(world, clientId, secret);
  }

  async ask(method: string, path: string, more: Partial<ScimRequest> & { json?: unknown } = {}): Promise<Answer> {
    const { json, ...rest } = more;
    const body = json === undefined ? '' : JSON.stringify(json);
    const answer = await this.world.bus.request(handleScim, { method, path, body, bearer: this.bearer, ...rest });
    return { ...answer, body: answer.body === '' ? undefined : (JSON.parse(answer.body) as never) };
  }

  user(userName: string, more: object = {}): Promise<Answer> {
    return this.ask('POST', '/Users', { json: { schemas: [USER], userName, active: true, ...more } });
  }

  group(displayName: string, members: readonly string[] = []): Promise<Answer> {
    const json = { schemas: [GROUP], displayName, members: members.map((value) => ({ value })) };
    return this.ask('POST', '/Groups', { json });
  }

  patch(path: string, ...operations: unknown[]): Promise<Answer> {
    return this.ask('PATCH', path, { json: { schemas: [PATCH], Operations: operations } });
  }

  async find(path: string, filter: string): Promise<string[]> {
    const { body } = await this.ask('GET', path, { query: { filter } });
    return (body.Resources as { userName?: string; displayName?: string }[]).map(
      ({ userName, displayName }) => userName ?? displayName ?? '',
    );
  }
}

import { hash } from '@node-rs/argon2';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  assignRole,
  createEnrolment,
  createInvitation,
  createPool,
  factRecorded,
  issueBreakGlass,
  type Permission,
  putContactCell,
  putDirectory,
  createProvisioningClient,
  putPostureSource,
  putIdentityProvider,
  putRegistrationEntry,
  putRole,
  requestFactorReset,
  ROUTES,
  type Role,
  type Route,
  serviceOf,
} from '@relais/contracts';
import { type DeviceId, newId, type PoolId, type RoleId, type UserId } from '@relais/kernel';
import { newSecret } from '@relais/security';
import { Database, type Tx } from '../src/database/database.js';
import { PersonalData } from '../src/sealing/personal-data.js';
import { startSession } from '../src/sessions/session-rows.postgres.js';
import { type Grant, TokenIssuer } from '../src/sessions/token-issuer.js';
import { readEpoch } from '../src/trust/revocations.postgres.js';
import { insertUser } from '../src/users/user-rows.postgres.js';
import { aBot, tokenFor } from './bot.js';
import {
  type Caller,
  CALLERS,
  MEANING,
  type Place,
  providerSettings,
  ROWS,
  type RouteName,
} from './permission-rows.js';
import { aDevice } from './person.js';
import { anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

/** What the policy says where it says nothing. */
const STEP_UP_MS = 300_000;

interface Somebody {
  userId: UserId;
  token: string;
}

const names = Object.keys(ROUTES) as RouteName[];
const routeOf = (name: RouteName): Route => ROUTES[name] as unknown as Route;
const ours = names.filter((name) => ROWS[name] !== null);
const specs = import.meta.dirname;
/** Of a password nobody has. */
const passwordHash = hash(newSecret(), { memoryCost: 19_456, timeCost: 2, parallelism: 1 });

describe('the table of permissions (A-42)', () => {
  let world: World;
  let owner: Member;
  let pool: PoolId;
  let elsewhere: PoolId;
  const callers = new Map<string, Promise<Somebody>>();

  beforeAll(async () => {
    world = await startWorld();
    owner = await anOrganization(world);
    [pool, elsewhere] = [await aPool(), await aPool()];
  });

  afterAll(() => world.close());

  const asOwner = () => ({ token: owner.tokens.accessToken });
  const organizationId = () => owner.tokens.organizationId;
  const within = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> =>
    world.app.get(Database).within(organizationId(), work);

  async function aPool(): Promise<PoolId> {
    const id = newId<PoolId>();
    await world.bus.request(createPool, { id, name: 'x' }, asOwner());
    return id;
  }

  /** A person who never signed in with a password, because that takes its time, with a device and a session. */
  async function somebody(role: Role, poolId: PoolId): Promise<Somebody & { deviceId: DeviceId }> {
    const userId = newId<UserId>();
    const personal = world.app.get(PersonalData);
    const address = { organizationId: organizationId(), column: 'app_user.email', rowId: userId } as const;
    const secret = { emailIndex: Buffer.from(userId), passwordHash: await passwordHash };
    const names = {
      name: await personal.sealName(organizationId(), userId, 'Somebody'),
      emailSealed: await personal.sealOfUser(userId, address, 'x@example.org'),
    };
    await within((tx) =>
      insertUser(tx, {
        ...{ organizationId: organizationId(), id: userId, role, poolIds: [poolId], now: world.clock.now() },
        ...{ ...secret, ...names },
      }),
    );
    const grant = await aSession(userId, role);
    const { accessToken } = await world.app.get(TokenIssuer).issue(grant);
    return { userId, token: accessToken, deviceId: grant.deviceId };
  }

  async function aSession(userId: UserId, role: Role = 'member', authenticatedAt = world.clock.now()): Promise<Grant> {
    const { device } = aDevice();
    const place = { organizationId: organizationId(), column: 'device.name', rowId: device.id } as const;
    const nameSealed = await world.app.get(PersonalData).sealOfUser(userId, place, 'x');
    const draft = { organizationId: organizationId(), userId, role, device, nameSealed, amr: ['pwd'] };
    return within(async (tx) => {
      const { grant } = await startSession(tx, {
        ...draft,
        epoch: await readEpoch(tx),
        now: world.clock.now(),
        authenticatedAt,
      });
      return grant;
    });
  }

  async function holder(permission: Permission, poolId: PoolId | null): Promise<Somebody> {
    const person = await somebody('member', elsewhere);
    const id = newId<RoleId>();
    await world.bus.request(putRole, { id, name: 'x', permissions: [permission] }, asOwner());
    const given = { roleId: id, userId: person.userId, ...(poolId ? { poolId } : {}) };
    await world.bus.request(assignRole, given, asOwner());
    return person;
  }

  async function aBotCaller(): Promise<Somebody> {
    const { bot, key } = await aBot(world, owner);
    return { userId: bot.id, token: (await tokenFor(world, bot, key)).accessToken };
  }

  function make(caller: Caller, needs: Permission): Promise<Somebody> {
    if (caller === 'a member') return somebody('member', elsewhere);
    if (caller === 'an administrator') return somebody('admin', elsewhere);
    if (caller === 'a member with exactly that permission') return holder(needs, null);
    if (caller === 'a delegate for the pool of the target') return holder(needs, pool);
    if (caller === 'a delegate for another pool') return holder(needs, elsewhere);
    if (caller === 'a bot without scopes') return aBotCaller();
    return Promise.resolve({ userId: owner.tokens.userId, token: owner.tokens.accessToken });
  }

  function the(caller: Caller, needs: Permission = 'invite'): Promise<Somebody> {
    const key = `${caller} ${needs}`;
    const known = callers.get(key) ?? make(caller, needs);
    callers.set(key, known);
    return known;
  }

  function placeOf(userId: UserId): Place {
    return {
      ...{ organizationId: organizationId(), handle: owner.handle, pool, caller: userId },
      target: async () => {
        const { userId, deviceId } = await somebody('member', pool);
        return { userId, deviceId };
      },
      session: () => aSession(userId),
      invitation: async () => (await world.bus.request(createInvitation, { poolIds: [pool] }, asOwner())).id,
      role: async () => {
        const id = newId<RoleId>();
        await world.bus.request(putRole, { id, name: 'x', permissions: ['manage_roles'] }, asOwner());
        return id;
      },
      bot: async () => {
        const { bot } = await aBot(world, owner);
        return { botId: bot.id, keyId: bot.keys[0]?.id as NonNullable<(typeof bot.keys)[number]>['id'] };
      },
      cell: async () => {
        const cell = { fromPoolId: pool, toPoolId: pool, see: true, message: true, alarm: true };
        await world.bus.request(putContactCell, cell, asOwner());
      },
      directory: async () => {
        const settings = { name: 'x', urls: ['ldaps://127.0.0.1:1'], people: { base: 'dc=example' } };
        return (await world.bus.request(putDirectory, { directoryId: newId(), settings }, asOwner())).id;
      },
      identityProvider: async () => {
        const wanted = { providerId: newId() as never, settings: providerSettings };
        return (await world.bus.request(putIdentityProvider, wanted, asOwner())).id;
      },
      factorReset: async () => {
        const { userId } = await somebody('member', pool);
        const { token } = await somebody('owner', elsewhere);
        return (await world.bus.request(requestFactorReset, { userId }, { token })).id;
      },
      enrolment: async () => {
        const { userId } = await somebody('member', pool);
        const asked = { for: { kind: 'person', userId }, serverUrl: 'https://relais.example' } as const;
        return (await world.bus.request(createEnrolment, asked, asOwner())).id;
      },
      postureSource: async () => {
        const settings = { kind: 'json', name: 'x' } as const;
        return (await world.bus.request(putPostureSource, { sourceId: newId(), settings }, asOwner())).id;
      },
      provisioningClient: async () => {
        const asked = { clientId: newId() as never, settings: { name: 'x' } };
        return (await world.bus.request(createProvisioningClient, asked, asOwner())).id;
      },
      breakGlass: async () => {
        const { userId, deviceId } = await somebody('member', pool);
        return (await world.bus.request(issueBreakGlass, { userId, deviceId, validDays: 1 }, asOwner())).id;
      },
      registrationEntry: async () => (await allowDomain()).id,
      allowedDomain: async () => (await allowDomain()).value,
    };
  }

  async function allowDomain(): Promise<{ id: string; value: string }> {
    const entry = { kind: 'domain', value: `d${newId()}.example` } as const;
    const { id } = await world.bus.request(putRegistrationEntry, { id: newId(), entry }, asOwner());
    return { id, value: entry.value };
  }

  /** The owner in a session that nobody has looked into for as long as a policy says. */
  async function staleOwner(): Promise<string> {
    const shown = new Date(world.clock.now().getTime() - STEP_UP_MS - 1_000);
    const grant = await aSession(owner.tokens.userId, 'owner', shown);
    return (await world.app.get(TokenIssuer).issue(grant)).accessToken;
  }

  async function ask(name: RouteName, caller: Caller): Promise<string> {
    const { needs, input } = ROWS[name] ?? {};
    const { userId, token } = await the(caller, needs);
    const said = (await input?.(placeOf(userId))) ?? {};
    return codeOf(
      world.bus.request(routeOf(name).contract, said, caller === 'somebody without a token' ? {} : { token }),
    );
  }

  const outcomeOf = (code: string): string => ({ token_missing: 'T', forbidden: 'F', scope_missing: 'S' })[code] ?? '+';
  const isBroken = (code: string): boolean => ['invalid_request', 'internal_error', 'bus_timeout'].includes(code);

  it('has a row for what auth serves, and for nothing else', () => {
    expect(ours).toEqual(names.filter((name) => serviceOf(routeOf(name).contract) === 'auth'));
    for (const name of ours) expect(ROWS[name]?.expects).toMatch(/^[+TFS]( [+TFS]){7}$/);
    expect(Object.keys(MEANING)).toEqual(['+', 'T', 'F', 'S']);
  });

  it.each(ours)('%s lets in whom it should, and nobody else', async (name) => {
    const codes: string[] = [];
    for (const caller of CALLERS) codes.push(await ask(name, caller));

    expect(codes.filter(isBroken)).toEqual([]);
    expect(codes.map(outcomeOf).join(' ')).toBe(ROWS[name]?.expects);
  });

  describe('asks who did not show lately who they are to show it again (A-41)', () => {
    const forPeople = ours.filter((name) => routeOf(name).contract.access === 'user');
    const inputOf = async (said: object | Promise<object> | undefined) => (await said) ?? {};

    it.each(forPeople)('%s, where its row says so and nowhere else', async (name) => {
      const { input, stepUp } = ROWS[name] ?? {};
      const place = placeOf(owner.tokens.userId);
      const token = await staleOwner();
      const outcome = async (said: object) => {
        const code = await codeOf(world.bus.request(routeOf(name).contract, said, { token }));
        expect(code).not.toMatch(/^token_/);
        return code === 'step_up_required';
      };

      expect(await outcome(await inputOf(input?.(place)))).toBe(stepUp === true);
      if (typeof stepUp === 'function') expect(await outcome(await inputOf(stepUp(place)))).toBe(true);
    });
  });

  describe('of what changes something (A-68)', () => {
    const changing = ours.filter((name) => routeOf(name).method !== 'GET');

    it('says which fact it leaves, or why none; questions leave none', () => {
      for (const name of ours)
        expect([name, ROWS[name]?.leaves !== undefined]).toEqual([name, routeOf(name).method !== 'GET']);
    });

    it.each(changing.filter((name) => typeof ROWS[name]?.leaves === 'string'))('%s leaves its fact', async (name) => {
      const { leaves, shownIn } = ROWS[name] ?? {};
      if (shownIn !== undefined) {
        const spec = readFileSync(join(specs, `${shownIn}.e2e.spec.ts`), 'utf8');
        expect([shownIn, leaves, spec.includes(`'${String(leaves)}'`)]).toEqual([shownIn, leaves, true]);
        return;
      }
      const before = await lastPosition();
      expect(await ask(name, 'an owner')).toBe('ok');
      expect(await actionsSince(before)).toContain(leaves);
    });
  });

  async function lastPosition(): Promise<string> {
    const [last] = await world.db.query<{ position: string }[]>(
      'SELECT coalesce(max(o.position), 0)::text AS position FROM outbox o',
    );
    return last?.position ?? '0';
  }

  async function actionsSince(position: string): Promise<string[]> {
    const found = await world.db.query<{ action: string }[]>(
      `SELECT o.data ->> 'action' AS action FROM outbox o
       WHERE o.subject = $1 AND o.position > $2 AND o.data -> 'actor' ->> 'id' = $3 AND o.data ->> 'outcome' = 'done'`,
      [factRecorded.subject, position, owner.tokens.userId],
    );
    return found.map(({ action }) => action);
  }
});

import { newId, type OrganizationId, type PoolId, type UserId } from '@relais/kernel';
import { newSecret } from '@relais/security';
import { FixedClock } from '@relais/testing';
import { type AuthDatabases, authDatabases } from '../../test/databases.js';
import { aDevice } from '../../test/person.js';
import type { Tx } from '../database/database.js';
import { insertOrganization } from '../organizations/organization-rows.postgres.js';
import type { RefreshToken } from '../sessions/refresh-token.js';
import { endSessions, lockSession, startSession } from '../sessions/session-rows.postgres.js';
import { changeUser, holdUser, insertUser, lockUser } from '../users/user-rows.postgres.js';
import { readEpoch, revoke } from './revocations.postgres.js';

const sealed = Buffer.alloc(1);
const now = new Date('2026-11-23T12:00:00Z');
const organizationId = newId<OrganizationId>();
const userId = newId<UserId>();

/** A transaction that stays open until it is told to commit. */
interface Held<Result> {
  result: Result;
  commit(): Promise<void>;
}

describe('issuing and revoking at the same time', () => {
  let databases: AuthDatabases;
  let refreshToken: RefreshToken;

  beforeAll(async () => {
    databases = await authDatabases(new FixedClock(now));
  });

  afterAll(() => databases.close());

  beforeAll(() =>
    databases.database.within(organizationId, async (tx) => {
      const poolId = newId<PoolId>();
      const names = { nameSealed: sealed, poolNameSealed: sealed };
      await insertOrganization(tx, { organizationId, handle: 'brigade', poolId, ...names, now });
      const name = { sealed, beginnings: [] };
      const person = { emailIndex: sealed, emailSealed: sealed, name, passwordHash: newSecret() };
      await insertUser(tx, { organizationId, id: userId, role: 'owner', poolIds: [poolId], now, ...person });
    }),
  );

  beforeEach(() =>
    databases.database.within(organizationId, async (tx) => {
      await changeUser(tx, organizationId, userId, { state: 'active', name: null });
      const draft = { organizationId, userId, device: aDevice().device, nameSealed: sealed, now };
      const { grant } = await startSession(tx, { ...draft, role: 'owner', amr: ['pwd'], epoch: await readEpoch(tx) });
      refreshToken = grant.refreshToken;
    }),
  );

  function hold<Result>(work: (tx: Tx) => Promise<Result>): Promise<Held<Result>> {
    return new Promise((resolve, reject) => {
      let release = (): void => undefined;
      const released = new Promise<void>((done) => (release = done));
      const committed = databases.database.within(organizationId, async (tx) => {
        const result = await work(tx);
        const commit = () => {
          release();
          return committed;
        };
        resolve({ result, commit });
        await released;
      });
      committed.catch(reject);
    });
  }

  /** Whether it is still waiting for a lock after a moment. */
  const isWaiting = async (work: Promise<unknown>): Promise<boolean> =>
    Promise.race([work.then(() => false), new Promise<true>((resolve) => setTimeout(() => resolve(true), 150))]);

  const disable = async (tx: Tx) => {
    await lockUser(tx, organizationId, userId);
    await changeUser(tx, organizationId, userId, { state: 'disabled', name: null });
    return revoke(tx, 'user', [userId]);
  };

  it.each([
    ['login', (tx: Tx) => holdUser(tx, organizationId, userId).then((user) => user?.state === 'active')],
    ['refresh', (tx: Tx) => lockSession(tx, refreshToken).then((session) => session !== null)],
  ])('makes a %s wait for a person being disabled, and then refuses it', async (_, isAdmitted) => {
    const disabling = await hold(disable);

    const issuing = databases.database.within(organizationId, async (tx) => ({
      epoch: await readEpoch(tx),
      isAdmitted: await isAdmitted(tx),
    }));

    // The sequence shows the number of the transaction that has not committed: on its own it would let this token pass.
    expect(await isWaiting(issuing)).toBe(true);
    await disabling.commit();
    expect(await issuing).toEqual({ epoch: disabling.result[0]?.epoch, isAdmitted: false });
  });

  it('makes disabling wait for a token being issued, and then gives it the higher number', async () => {
    const issuing = await hold(async (tx) => {
      const epoch = await readEpoch(tx);
      await lockSession(tx, refreshToken);
      return epoch;
    });

    const disabling = databases.database.within(organizationId, disable);

    expect(await isWaiting(disabling)).toBe(true);
    await issuing.commit();
    const [revocation] = await disabling;
    expect(revocation?.epoch).toBeGreaterThan(issuing.result);
  });

  it('makes a refresh wait for a session being ended, and then refuses it', async () => {
    const ending = await hold((tx) => endSessions(tx, 'logout', organizationId, { userId }));

    const issuing = databases.database.within(organizationId, (tx) => lockSession(tx, refreshToken));

    expect(await isWaiting(issuing)).toBe(true);
    await ending.commit();
    expect(await issuing).toBeNull();
  });

  it('starts above the number that every token of a fresh database carries', async () => {
    const [epoch, revocation] = await databases.database.within(organizationId, async (tx) => {
      const before = await readEpoch(tx);
      return [before, (await revoke(tx, 'logout', [newId()]))[0]] as const;
    });

    expect(epoch).toBeGreaterThan(0);
    expect(revocation?.epoch).toBe(epoch + 1);
  });
});

import {
  approveFactorReset,
  changePassword,
  completePasswordReset,
  listFactorResets,
  listFactors,
  openSession,
  readMe,
  refreshSession,
  rejectFactorReset,
  removeFactor,
  renewRecoveryCodes,
  requestFactorReset,
  startPasswordReset,
  updateUser,
} from '@relais/contracts';
import { addPasskey, addTotp, as, codeNow, demand, finish, stepUp, unfinished } from './factors.js';
import { factsOf } from './facts.js';
import { refreshInput } from './person.js';
import { aMember, anOrganization, codeOf, finalCodeOf, type Member, startWorld, type World } from './world.js';

const NEW_PASSWORD = 'sieben Kähne auf der Havel';

describe('resets by administrators', () => {
  let world: World;
  let owner: Member;
  let admin: Member;
  let member: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 30 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
    admin = await aMember(world, owner, 'admin');
    member = await aMember(world, owner);
  });

  const isIn = (one: Member) => codeOf(world.bus.request(readMe, {}, as(one)));
  const login = ({ handle, person: { email }, on }: Member, password: string) =>
    world.bus.request(openSession, { organization: handle, email, password, device: on.device });
  const idOf = ({ tokens }: Member) => tokens.userId;

  describe('of passwords', () => {
    const start = (whom: Member, by = owner, more: object = {}) =>
      world.bus.request(startPasswordReset, { userId: idOf(whom), ...more }, as(by));
    const complete = (resetToken: string, newPassword = NEW_PASSWORD) =>
      codeOf(world.bus.request(completePasswordReset, { resetToken, newPassword }));

    it('let the person choose another password, once, and end every session of theirs (A-30)', async () => {
      const { resetToken } = await start(member);
      expect(await isIn(member)).toBe('ok');

      expect(await complete(resetToken)).toBe('ok');

      expect(await isIn(member)).toBe('token_revoked');
      const refresh = await refreshInput(member.tokens, member.on, world.clock.now());
      expect(await codeOf(world.bus.request(refreshSession, refresh))).toBe('refresh_failed');
      expect(await codeOf(login(member, member.person.password))).toBe('login_failed');
      expect(await codeOf(login(member, NEW_PASSWORD))).toBe('ok');
      expect(await complete(resetToken)).toBe('reset_refused');
      expect((await factsOf(world, 'password.reset')).at(-1)).toMatchObject({
        ...{ actor: { id: idOf(member) }, onBehalfOf: { id: idOf(owner) } },
      });
      const all = JSON.stringify(await world.db.query('SELECT * FROM outbox'));
      expect(all).not.toContain(resetToken);
    });

    it('do not stand for the second factor (A-29)', async () => {
      const secret = await addTotp(world, owner);
      world.clock.advance(30_000);
      const strong = await stepUp(world, owner, { kind: 'totp', code: await codeNow(world, secret) });
      const other = await aMember(world, strong, 'owner');
      const { resetToken } = await start(owner, other);
      await demand(world, strong, { required: 'second_factor', requiredOfAdministrators: 'second_factor' });

      expect(await complete(resetToken)).toBe('ok');

      const { loginToken, factors } = await unfinished(login(owner, NEW_PASSWORD));
      expect(factors).toEqual(['totp']);
      world.clock.advance(30_000);
      const tokens = await finish(world, loginToken, { kind: 'totp', code: await codeNow(world, secret) });
      expect(tokens.limitedTo).toBeUndefined();
    });

    it('are void after an hour, after another one, and after the person changed it themselves (A-28)', async () => {
      const first = await start(member);
      const second = await start(member);
      expect(await complete(first.resetToken)).toBe('reset_refused');
      const { password: currentPassword } = member.person;
      const change = { currentPassword, newPassword: NEW_PASSWORD };
      await world.bus.request(changePassword, change, as(member));
      expect(await complete(second.resetToken)).toBe('reset_refused');

      const third = await start(member, owner, { validSeconds: 3_600 });
      world.clock.advance(3_600_001);
      expect(await complete(third.resetToken)).toBe('reset_refused');
      expect(await codeOf(start(member, owner, { validSeconds: 3_601 }))).toBe('invalid_request');
    });

    it('take a password that is good enough, and keep the token until one is', async () => {
      const { resetToken } = await start(member);

      expect(await complete(resetToken, 'short')).toBe('password_refused');
      expect(await complete(resetToken, `${member.person.displayName} Brigade`)).toBe('password_refused');
      expect(await complete(resetToken)).toBe('ok');
    });

    it('succeed once of fifty at once (A-07)', async () => {
      const { resetToken } = await start(member);

      const once = (_: unknown, number: number) =>
        finalCodeOf(() =>
          world.bus.request(completePasswordReset, { resetToken, newPassword: `${NEW_PASSWORD} ${number}` }),
        );

      const codes = await Promise.all(Array.from({ length: 50 }, once));

      expect(codes.toSorted()).toEqual(['ok', ...Array.from({ length: 49 }, () => 'reset_refused')]);
    });

    it('tell a stranger nothing: every wrong token gives the same answer (A-27)', async () => {
      const { resetToken } = await start(member);
      const rival = await anOrganization(world);
      const [, secret] = resetToken.split('.') as [string, string];
      const wrong = [
        'x',
        `${owner.tokens.organizationId}.${'x'.repeat(43)}`,
        `${rival.tokens.organizationId}.${secret}`,
        resetToken.slice(0, -1),
      ];
      for (const token of wrong) expect([token, await complete(token)]).toEqual([token, 'reset_refused']);
      await world.bus.request(updateUser, { userId: idOf(member), state: 'disabled' }, as(owner));
      expect(await complete(resetToken)).toBe('reset_refused');
    });

    it('are begun by nobody for those above them, for themselves, without step-up, or from elsewhere', async () => {
      const rival = await anOrganization(world);
      expect(await codeOf(start(owner, admin))).toBe('forbidden');
      expect(await codeOf(start(admin, member))).toBe('forbidden');
      expect(await codeOf(start(owner, owner))).toBe('own_account');
      expect(await codeOf(start(member, rival))).toBe('user_not_found');
      world.clock.advance(301_000);
      const tokens = await world.bus.request(
        refreshSession,
        await refreshInput(owner.tokens, owner.on, world.clock.now()),
      );
      expect(await codeOf(start(member, { ...owner, tokens }))).toBe('step_up_required');
    });

    it('are worth nothing when who began them may not begin them any more', async () => {
      const { resetToken } = await start(member, admin);
      const promoted = await start(member, owner);
      expect(await complete(resetToken)).toBe('reset_refused');
      const again = await start(member, admin);
      await world.bus.request(updateUser, { userId: idOf(admin), role: 'member' }, as(owner));
      expect(await complete(again.resetToken)).toBe('reset_refused');
      expect(await complete(promoted.resetToken)).toBe('reset_refused');
    });
  });

  describe('of factors', () => {
    const ask = (whom: Member, by = owner) => world.bus.request(requestFactorReset, { userId: idOf(whom) }, as(by));
    const approve = (resetId: string, by: Member) =>
      codeOf(world.bus.request(approveFactorReset, { resetId: resetId as never }, as(by)));
    const reject = (resetId: string, by: Member) =>
      codeOf(world.bus.request(rejectFactorReset, { resetId: resetId as never }, as(by)));
    const left = async (one: Member) => world.bus.request(listFactors, {}, as(one));

    it('take two administrators, neither of whom is the person (A-29)', async () => {
      await addTotp(world, member);
      await world.bus.request(renewRecoveryCodes, {}, as(member));
      const { id, state } = await ask(member);
      expect(state).toBe('open');

      expect(await approve(id, owner)).toBe('second_person_needed');
      expect(await approve(id, member)).toBe('forbidden');
      expect(await isIn(member)).toBe('ok');
      expect(await approve(id, admin)).toBe('ok');

      expect(await isIn(member)).toBe('token_revoked');
      const tokens = await login(member, member.person.password);
      expect(await left({ ...member, tokens })).toEqual({ items: [], recoveryCodesLeft: 0 });
      expect(await approve(id, admin)).toBe('reset_not_found');
      expect((await factsOf(world, 'factor-reset.approved')).at(-1)).toMatchObject({
        ...{ actor: { id: idOf(admin) }, before: { factors: 1 }, after: { requestedBy: idOf(owner) } },
      });
    });

    it('cannot be had one by one: the last factor of somebody else stays (A-29)', async () => {
      await addTotp(world, member);
      await addPasskey(world, member);
      const { items } = await left(member);
      const remove = (factorId: (typeof items)[number]['id'], by: Member) =>
        codeOf(world.bus.request(removeFactor, { userId: idOf(member), factorId }, as(by)));
      const ids = items.map((one) => one.id);

      const codes = await Promise.all(ids.map((factorId) => remove(factorId, owner)));

      expect(codes.sort()).toEqual(['approval_required', 'ok']);
      member = { ...member, tokens: await login(member, member.person.password) };
      const rest = (await left(member)).items;
      expect(rest).toHaveLength(1);
      expect(await remove((rest[0] as (typeof items)[number]).id, member)).toBe('ok');
    });

    it('are decided once, of twenty who agree and refuse at the same time (A-07)', async () => {
      await addTotp(world, member);
      const { id } = await ask(member);

      const codes = await Promise.all(
        Array.from({ length: 20 }, (_, number) => (number % 2 ? approve(id, admin) : reject(id, owner))),
      );

      expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
    });

    it('end after a day, and when the person or an administrator refuses', async () => {
      await addTotp(world, member);
      const first = await ask(member);
      expect(await codeOf(ask(member, admin))).toBe('reset_open');
      expect((await world.bus.request(listFactorResets, {}, as(member))).items).toMatchObject([{ id: first.id }]);
      expect(await reject(first.id, member)).toBe('ok');
      expect(await approve(first.id, admin)).toBe('reset_not_found');
      const other = await aMember(world, owner);
      expect((await world.bus.request(listFactorResets, {}, as(other))).items).toEqual([]);

      const second = await ask(member);
      expect(await reject(second.id, other)).toBe('forbidden');
      world.clock.advance(86_400_000);
      await world.passDays(0);
      admin = { ...admin, tokens: await login(admin, admin.person.password) };
      expect(await approve(second.id, admin)).toBe('reset_not_found');
      expect((await world.bus.request(listFactorResets, {}, as(admin))).items[0]).toMatchObject({ state: 'expired' });
    });

    it('are nothing that an administrator does to one above them, to themselves, or from elsewhere', async () => {
      const rival = await anOrganization(world);
      expect(await codeOf(ask(owner, admin))).toBe('forbidden');
      expect(await codeOf(ask(owner, owner))).toBe('own_account');
      expect(await codeOf(ask(member, rival))).toBe('user_not_found');
      const { id } = await ask(admin);
      expect(await approve(id, admin)).toBe('forbidden');
      expect(await approve(id, rival)).toBe('reset_not_found');
      const { id: ofOwner } = await ask(owner, await aMember(world, owner, 'owner'));
      expect(await approve(ofOwner, admin)).toBe('forbidden');
    });

    it('fall with the administrator who asked', async () => {
      await addTotp(world, member);
      const { id } = await ask(member, admin);
      await world.bus.request(updateUser, { userId: idOf(admin), role: 'member' }, as(owner));

      expect(await approve(id, owner)).toBe('reset_not_found');
      expect((await left(member)).items).toHaveLength(1);
    });
  });
});

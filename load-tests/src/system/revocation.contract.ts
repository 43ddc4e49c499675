import { CLOSE_CODES, ROUTES } from '@relais/contracts';
import { codeOf, type Person } from './person.js';
import type { RawClient } from './raw-client.js';
import { eventually, type Running } from './system.js';

const WITHIN_MS = 5_000;

export function revocationContract(running: Running): void {
  /** Somebody with a socket on each gateway, each of a device of its own. */
  async function somebody(): Promise<{ person: Person; tablet: Person; sockets: [RawClient, RawClient] }> {
    const { acme } = running();
    const person = await acme.join();
    const tablet = await acme.anotherDevice(person);
    return { person, tablet, sockets: [await person.open(0), await tablet.open(1)] };
  }

  const isOut = async (person: Person) => {
    for (const gateway of [0, 1]) expect(await codeOf(person.callAt(gateway, ROUTES.me, {}))).toBe('token_revoked');
    expect(await codeOf(person.session.refresh())).toBe('refresh_failed');
  };

  async function closesWithin(sockets: readonly RawClient[], act: () => Promise<unknown>): Promise<void> {
    const startedAt = performance.now();
    await act();
    const closings = await Promise.all(sockets.map(({ closed }) => closed));
    expect(performance.now() - startedAt).toBeLessThan(WITHIN_MS);
    for (const closing of closings)
      expect(closing).toMatchObject({ code: CLOSE_CODES.revoked.code, reason: { code: 'revoked' } });
  }

  it('who is disabled loses their sockets on both replicas within 5 s, and their tokens; enabled, they may come back (P-13, A-39)', async () => {
    const { acme } = running();
    const { person, tablet, sockets } = await somebody();

    await closesWithin(sockets, () => acme.owner.call(ROUTES.updateUser, { userId: person.id, state: 'disabled' }));

    await isOut(person);
    await isOut(tablet);
    expect(await codeOf(acme.anotherDevice(person))).toBe('login_failed');
    await acme.owner.call(ROUTES.updateUser, { userId: person.id, state: 'active' });
    expect(await codeOf((await acme.anotherDevice(person)).call(ROUTES.me, {}))).toBe('ok');
  });

  it('who is removed leaves their conversations, and is no longer known', async () => {
    const { acme } = running();
    const { person, sockets } = await somebody();
    const mate = await acme.join();
    const [group, direct] = [await mate.start('group', [person]), await mate.start('direct', [person])];
    await person.say(group, 'I was here');

    const owner = await acme.owner.fresh();
    await closesWithin(sockets, () => owner.call(ROUTES.removeUser, { userId: person.id }));

    await isOut(person);
    const membersOf = async (conversationId: typeof group) =>
      (await mate.call(ROUTES.listMembers, { conversationId })).items.map(({ userId }) => userId);
    await eventually(async () => !(await membersOf(group)).includes(person.id));
    await eventually(async () => !(await membersOf(direct)).includes(person.id));
    const log = await mate.log(group);
    expect(log.at(-1)).toMatchObject({ kind: 'membership', body: { change: 'left', userIds: [person.id] } });
    expect(log.at(-2)).toMatchObject({ kind: 'message', body: { text: 'I was here' } });
    expect(await codeOf(acme.anotherDevice(person))).toBe('login_failed');
    expect(await codeOf(mate.call(ROUTES.addMembers, { conversationId: group, userIds: [person.id] }))).toBe(
      'user_not_found',
    );
  });

  it('who loses a role can do nothing with the token that still names it', async () => {
    const { acme } = running();
    const joined = await acme.join();
    const owner = await acme.owner.fresh();
    await owner.call(ROUTES.updateUser, { userId: joined.id, role: 'admin' });
    const admin = await acme.anotherDevice(joined);
    const invite = (gateway: number) => codeOf(admin.callAt(gateway, ROUTES.invite, {}));
    expect(await invite(0)).toBe('ok');

    await owner.call(ROUTES.updateUser, { userId: joined.id, role: 'member' });

    for (const gateway of [0, 1]) expect(['forbidden', 'token_revoked']).toContain(await invite(gateway));
    expect(await codeOf((await acme.anotherDevice(joined)).call(ROUTES.invite, {}))).toBe('forbidden');
  });

  it('who logs out is out on that device only (A-39)', async () => {
    const { person, tablet, sockets } = await somebody();
    const [lost, kept] = sockets;

    await closesWithin([lost], () => person.callAt(1, ROUTES.logout, {}));

    await isOut(person);
    expect(await codeOf(tablet.call(ROUTES.me, {}))).toBe('ok');
    expect(await kept.ask({ type: 'sync', heads: [] })).toMatchObject({ type: 'answer' });
    await kept.close();
  });

  it('who shows once more who they are goes on: nothing that they write or are written meanwhile is lost (A-37)', async () => {
    const { acme } = running();
    const [person, mate] = [await acme.join(), await acme.join()];
    const group = await person.start('group', [mate]);
    const [mine, theirs] = [await person.listen(0), await mate.listen(1)];
    const before = person.session.tokens;
    let isWriting = true;
    const write = async ({ connection }: typeof mine, name: string): Promise<string[]> => {
      const written: string[] = [];
      while (isWriting) {
        const text = `${name} ${written.length}`;
        await connection.append(group, { kind: 'message', body: { text } }, { giveUpAfterMs: 20_000 });
        written.push(text);
      }
      return written;
    };
    const writing = Promise.all([write(mine, 'mine'), write(theirs, 'theirs')]);

    for (let time = 0; time < 3; time++) {
      await person.fresh();
      await mine.connection.whenOnline();
    }
    isWriting = false;
    const written = (await writing).flat();

    const textsOf = ({ heard }: typeof mine) =>
      heard.flatMap((entry) => (entry.kind === 'message' && entry.body ? [entry.body.text] : []));
    await eventually(() => textsOf(mine).length >= written.length && textsOf(theirs).length >= written.length);
    for (const listener of [mine, theirs]) expect(textsOf(listener).toSorted()).toEqual(written.toSorted());
    expect(person.session.tokens.sessionId).not.toBe(before.sessionId);
    expect(await codeOf(acme.api().call(ROUTES.me, {}, { token: before.accessToken, key: person.session.key }))).toBe(
      'token_revoked',
    );
  });

  it('a device that is removed is out for good, and only that one (A-39)', async () => {
    const { acme } = running();
    const { person, tablet, sockets } = await somebody();
    const [lost, kept] = sockets;
    const { deviceId } = person.session.tokens;

    await closesWithin([lost], () => tablet.call(ROUTES.removeDevice, { deviceId }));

    await isOut(person);
    const again = { id: deviceId, name: 'again', platform: 'server' as const };
    expect(await codeOf(acme.anotherDevice(person, again))).toBe('device_id_reused');
    expect(await kept.ask({ type: 'sync', heads: [] })).toMatchObject({ type: 'answer' });
    await kept.close();
  });
}

import { connect } from 'node:net';
import { testDirectory } from '@relais/contracts';
import { groupDn, personDn, SUFFIX, talker } from '@relais/testing';
import { as } from '../factors.js';
import { aDirectorySite } from './directory-site.js';

describe('a directory', () => {
  const site = aDirectorySite();
  const { run, put, people } = site;

  describe('that answers badly puts nobody out (F-35)', () => {
    const unharmed = async (says: RegExp) => {
      const failed = await run();
      expect(failed).toMatchObject({ state: 'failed', applied: 0 });
      expect(failed.says).toMatch(says);
      expect((await people()).filter(({ state }) => state === 'disabled')).toHaveLength(0);
    };
    const refer = (to: string) =>
      site.slapd.change((client) =>
        client.add(`ou=elsewhere,ou=people,${SUFFIX}`, {
          objectClass: ['referral', 'extensibleObject'],
          ou: 'elsewhere',
          ref: `${to}/ou=people,${SUFFIX}`,
        }),
      );

    beforeEach(() => run());

    it('with nobody', async () => {
      await put({ people: { base: `ou=people,${SUFFIX}`, filter: '(uid=nobody)' } });
      await unharmed(/shows nobody/);
    });

    it('with a part of them only: a limit on how many it gives', async () => {
      await put({ bindDn: personDn('limited'), bindPassword: 'secret-limited', pageSize: 10 });
      await unharmed(/fewer entries|SizeLimit|AdminLimit|Unwilling/i);
    });

    it('because it is gone', async () => {
      await site.slapd.kill();
      await unharmed(/nothing answers/);
      await site.slapd.run();
      expect(await run()).toMatchObject({ state: 'applied', applied: 0 });
    });

    it('with a wrong password', async () => {
      await put({ bindPassword: 'wrong' });
      await unharmed(/bind name or password is wrong/);
    });

    it('without TLS, where it is asked for', async () => {
      await put({ startTls: true });
      await unharmed(/does not start TLS/);
    });

    it('with a referral to another server, or in a circle back to itself', async () => {
      await refer(site.slapd.url);
      await unharmed(/refers to other servers/);
      await put({ people: { base: `ou=elsewhere,ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' } });
      await unharmed(/./);
    });

    it('with silence, after it has let us in', async () => {
      const door = await talker((socket) => {
        const inside = connect(site.slapd.port, '127.0.0.1');
        socket.pipe(inside);
        inside.on('error', () => undefined).once('data', (welcome) => socket.write(welcome));
        socket.once('close', () => inside.destroy());
      });
      try {
        await put({ urls: [`ldap://127.0.0.1:${door.port}`] });
        await unharmed(/timeout|time/i);
      } finally {
        door.close();
      }
    }, 90_000);

    it('with rubbish', async () => {
      const door = await talker((socket) => {
        socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      });
      try {
        await put({ urls: [`ldap://127.0.0.1:${door.port}`] });
        await unharmed(/./);
      } finally {
        door.close();
      }
    });
  });

  it('says in words what is wrong before anybody depends on it', async () => {
    const { world, owner, directoryId } = site;
    const test = () => world.bus.request(testDirectory, { directoryId }, as(owner));

    expect(await test()).toMatchObject({
      steps: [{ step: 'connect', isOk: true }, { step: 'bind' }, { step: 'groups' }, { step: 'people', isOk: true }],
    });
    expect((await test()).samples).toHaveLength(5);
    await put({ bindPassword: 'wrong' });
    expect((await test()).steps.at(-1)).toMatchObject({
      step: 'bind',
      isOk: false,
      says: expect.stringContaining('the bind name or password is wrong') as string,
    });
    await put({ groups: { base: `ou=groups,${SUFFIX}`, mappings: [{ group: groupDn('nobody'), poolId: site.pool }] } });
    expect((await test()).steps.at(-1)).toMatchObject({
      step: 'groups',
      isOk: false,
      says: `there is no group ${groupDn('nobody')}`,
    });
  });
});

import { connect } from 'node:net';
import { openSession } from '@relais/contracts';
import { SUFFIX, talker } from '@relais/testing';
import { aDevice } from '../person.js';
import { codeOf } from '../world.js';
import { aDirectorySite } from './directory-site.js';

describe('a directory whose passwords people use', () => {
  const site = aDirectorySite();
  const { run, put, expire } = site;
  const tried = (email: string, password: string) => {
    const login = { organization: site.owner.handle, email, password, device: aDevice().device };
    return codeOf(site.world.bus.request(openSession, login));
  };
  const login = (uid: string, password: string) => tried(`${uid}@brigade.example`, password);

  it('decides while it answers, and is not missed when it is away (T-22)', async () => {
    await put({ passwordLogin: true });
    await run();

    expect(await login('p1', 'secret-p1')).toBe('ok');
    expect(await login('p1', 'secret-p2')).toBe('login_failed');
    expect(await login('p2', '')).toBe('login_failed');
    await site.slapd.kill();
    expect(await login('p1', 'secret-p1')).toBe('ok');
    expect(await login('p1', 'secret-p2')).toBe('login_failed');
    expect(await login('p2', 'secret-p2')).toBe('login_failed');
  });

  it('is asked once about everybody who is refused, whether they come from it, from elsewhere or are nobody (A-27)', async () => {
    let asked = 0;
    const door = await talker((socket) => {
      asked++;
      const inside = connect(site.slapd.port, '127.0.0.1').on('error', () => undefined);
      socket.pipe(inside).pipe(socket);
    });
    await put({ passwordLogin: true, urls: [`ldap://127.0.0.1:${door.port}`] });
    await run();
    const askedFor = async (email: string) => {
      const before = asked;
      expect(await tried(email, 'a guess of somebody')).toBe('login_failed');
      return asked - before;
    };

    expect(await askedFor('p1@brigade.example')).toBe(1);
    expect(await askedFor('nobody@brigade.example')).toBe(1);
    expect(await askedFor(site.owner.person.email)).toBe(1);
    door.close();
  });

  it('takes them from no filter and no other name (A-02)', async () => {
    await put({ passwordLogin: true });
    await run();
    for (const name of ['*)(uid=*))(|(uid=*', 'p1)(cn=*', '*', `p1,ou=people,${SUFFIX}`])
      expect(await tried(`"${name}"@brigade.example`, 'secret-p1')).not.toBe('ok');
  });

  it('puts out at the next login who is disabled there', async () => {
    await put({ passwordLogin: true });
    await run();
    expect(await login('p4', 'secret-p4')).toBe('ok');
    await expire('p4', 1);
    site.world.clock.advance(61_000);
    expect(await login('p4', 'secret-p4')).toBe('login_failed');
  });
});

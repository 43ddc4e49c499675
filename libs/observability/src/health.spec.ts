import { request } from 'node:http';
import { type InternalServer, Readiness, silentLog, startInternalServer } from './index.js';

describe('the internal port', () => {
  const readiness = new Readiness();
  let server: InternalServer;
  let problem: string | undefined;

  beforeAll(async () => {
    readiness.add({
      name: 'thing',
      check: () => {
        if (problem) throw new Error(problem);
      },
    });
    const pages = { '/openapi.json': () => '{"openapi":"3.1.0"}' };
    server = await startInternalServer({ host: '127.0.0.1', port: 0, readiness, log: silentLog, pages });
  });
  afterAll(() => server.close());

  function get(path: string): Promise<{ status: number | undefined; type: string | undefined; body: string }> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: server.port, path }, (response) => {
        let body = '';
        response.on('data', (data) => (body += String(data)));
        response.on('end', () =>
          resolve({ status: response.statusCode, type: response.headers['content-type'], body }),
        );
      })
        .on('error', reject)
        .end();
    });
  }

  it('says that it lives', async () => {
    expect(await get('/livez')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('says whether it is ready, and what is missing', async () => {
    expect(await get('/readyz')).toMatchObject({ status: 200, body: 'ok\n' });

    problem = 'not there';
    expect(await get('/readyz?verbose')).toMatchObject({ status: 503, body: 'thing: not there\n' });

    problem = undefined;
    expect(await get('/readyz')).toMatchObject({ status: 200 });
  });

  it('shows metrics and pages, and nothing else', async () => {
    expect((await get('/metrics')).body).toContain('relais_dependency_up');
    expect(await get('/openapi.json')).toMatchObject({ status: 200, type: 'application/json' });
    for (const path of ['/', '/__proto__', '/constructor', '/../etc/passwd', '//']) {
      expect(await get(path)).toMatchObject({ status: 404, body: 'not found\n' });
    }
  });

  it('refuses to start on a port that is taken', async () => {
    const again = startInternalServer({ host: '127.0.0.1', port: server.port, readiness, log: silentLog });

    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('readiness', () => {
  it('names all problems, and takes a check that does not answer for one', async () => {
    const readiness = new Readiness();
    readiness.add({ name: 'good', check: () => undefined });
    readiness.add({ name: 'bad', check: () => Promise.reject(new Error('broken')) });
    readiness.add({ name: 'odd', check: () => Promise.reject('a string') });
    readiness.add({ name: 'slow', check: () => new Promise(() => undefined) });

    expect(await readiness.problems()).toEqual(['bad: broken', 'odd: failed', 'slow: no answer in 2000 ms']);
  });

  it('of several services in a process names whose problem it is, and is over when one of them leaves', async () => {
    const readiness = new Readiness();
    const [auth, gateway] = [readiness.of('auth'), readiness.of('gateway')];
    auth.add({ name: 'postgres', check: () => Promise.reject(new Error('not migrated')) });

    expect(await readiness.problems()).toEqual(['auth: postgres: not migrated', 'gateway: starting']);

    gateway.leave();
    expect(await readiness.problems()).toContain('gateway: draining');
  });

  it('is over for good once the replica leaves', async () => {
    const readiness = new Readiness();

    readiness.leave();

    expect(await readiness.problems()).toEqual(['draining']);
  });
});

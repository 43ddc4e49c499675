import { type IncomingMessage } from 'node:http';
import { jest } from '@jest/globals';
import { probe as probeSchema } from '@relais/contracts';
import {
  StandingIdentityProvider,
  StandingMailServer,
  talker,
  trustedCertificate,
  StandingWebServer,
} from '@relais/testing';
import { ReachableAddresses } from '../src/watch/addresses.js';
import { look } from '../src/watch/look.js';

const reachable = new ReachableAddresses(['127.0.0.1', 'localhost']);

const see = async (check: object, more: { timeoutMs?: number; reachable?: ReachableAddresses } = {}) => {
  const probe = probeSchema.parse({ name: 'x', check, timeoutMs: more.timeoutMs ?? 3_000 });
  const { outcome, problem } = await look(probe, more.reachable ?? reachable, new AbortController().signal);
  return problem ?? outcome;
};

// A database of its own for each, on a machine that may be busy.
jest.setTimeout(60_000);

describe('a look at the web', () => {
  let web: StandingWebServer;
  let answers: Record<string, StandingWebServer['answer']>;

  beforeAll(async () => {
    web = new StandingWebServer((request, response) => {
      const answer = answers[request.url ?? ''];
      if (answer) answer(request, response);
      else response.writeHead(404).end();
    });
    await web.start();
  });
  afterAll(() => web.stop());
  beforeEach(() => {
    answers = {
      '/': (_, response) => response.end('All is well'),
      '/error': (_, response) => response.writeHead(503).end(),
      '/moved': (_, response) => response.writeHead(302, { location: '/' }).end(),
      '/circle': (_, response) => response.writeHead(302, { location: '/circle' }).end(),
      '/inside': (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
      '/private': (_, response) => response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end(),
      '/file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      '/silent': () => undefined,
      '/endless': (_, response) => {
        response.on('error', () => undefined);
        const more = (): void => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
    };
  });

  const http = (path: string, more: object = {}) => see({ kind: 'http', url: `${web.url}${path}`, ...more });

  it.each<[string, object, string]>([
    ['/', {}, 'ok'],
    ['/', { contains: 'well' }, 'ok'],
    ['/', { contains: 'unwell' }, 'missing_text'],
    ['/nothing', {}, 'bad_status'],
    ['/nothing', { statuses: [404] }, 'ok'],
    ['/', { statuses: [204] }, 'bad_status'],
    ['/error', {}, 'bad_status'],
    ['/moved', { contains: 'well' }, 'ok'],
    ['/moved', { statuses: [302] }, 'ok'],
    ['/circle', {}, 'bad_answer'],
    ['/file', {}, 'bad_answer'],
    ['/endless', {}, 'too_large'],
  ])('at %s with %j sees: %s', async (path, more, seen) => {
    expect(await http(path, more)).toBe(seen);
  });

  it('is led to no address that it may not reach (A-56)', async () => {
    expect(await http('/inside')).toBe('forbidden_address');
    expect(await http('/private')).toBe('forbidden_address');
    expect(await see({ kind: 'http', url: 'http://169.254.169.254/latest/meta-data' })).toBe('forbidden_address');
    expect(await see({ kind: 'http', url: web.url }, { reachable: new ReachableAddresses([]) })).toBe(
      'forbidden_address',
    );
  });

  it('waits no longer than it has time, and finds that nobody is there', async () => {
    expect(await see({ kind: 'http', url: `${web.url}/silent` }, { timeoutMs: 500 })).toBe('timeout');
    expect(await see({ kind: 'http', url: 'http://127.0.0.1:1/' })).toBe('unreachable');
    expect(await see({ kind: 'http', url: 'http://no-such-host.invalid/' })).toBe('unresolvable');
  });

  it.each(['ftp://example.org', 'http://user:secret@example.org/', 'javascript:alert(1)', 'http://'])(
    'is not taken at %s',
    (url) => {
      expect(probeSchema.safeParse({ name: 'x', check: { kind: 'http', url } }).success).toBe(false);
    },
  );
});

describe('a look at a port', () => {
  it('sees whether somebody listens, where it may look', async () => {
    const { port, close } = await talker(() => undefined);
    expect(await see({ kind: 'tcp', host: '127.0.0.1', port })).toBe('ok');
    expect(await see({ kind: 'tcp', host: 'localhost', port })).toBe('ok');
    close();
    expect(await see({ kind: 'tcp', host: '127.0.0.1', port })).toBe('unreachable');
    expect(await see({ kind: 'tcp', host: '169.254.169.254', port: 80 })).toBe('forbidden_address');
    expect(await see({ kind: 'tcp', host: '10.0.0.1', port: 80 })).toBe('forbidden_address');
  });
});

describe('a look at a mail server', () => {
  it('goes through greeting, introduction and encryption', async () => {
    const server = new StandingMailServer({ ...trustedCertificate() });
    await server.start();
    const smtp = (more: object) => see({ kind: 'smtp', host: 'localhost', port: server.port, ...more });

    expect(await smtp({})).toBe('ok');
    expect(await smtp({ tls: 'none' })).toBe('ok');
    expect(await smtp({ tls: 'implicit' })).toBe('tls');
    await server.stop();
    expect(await smtp({})).toBe('unreachable');
  });

  it('takes no certificate that nobody vouches for, and misses encryption that is not offered', async () => {
    const strange = new StandingMailServer();
    await strange.start();
    const plain = new StandingMailServer({ hideSTARTTLS: true });
    await plain.start();

    expect(await see({ kind: 'smtp', host: '127.0.0.1', port: strange.port })).toBe('tls');
    expect(await see({ kind: 'smtp', host: '127.0.0.1', port: plain.port })).toBe('tls');
    expect(await see({ kind: 'smtp', host: '127.0.0.1', port: plain.port, tls: 'none' })).toBe('ok');
    await Promise.all([strange.stop(), plain.stop()]);
  });

  it.each<[string, string, string]>([
    ['HTTP/1.1 400 Bad Request\r\n', 'something else', 'bad_answer'],
    ['554 no\r\n', 'one that refuses', 'bad_answer'],
    [`220-${'x'.repeat(100_000)}`, 'one that never ends', 'too_large'],
    ['', 'one that is silent', 'timeout'],
  ])('%#: is not deceived by %s', async (says, _, seen) => {
    const { port, close } = await talker((socket) => void (says && socket.write(says)));

    expect(await see({ kind: 'smtp', host: '127.0.0.1', port }, { timeoutMs: 700 })).toBe(seen);
    close();
  });
});

describe('a look at an identity provider', () => {
  it('wants its discovery document, its own name in it, and its keys', async () => {
    const provider = new StandingIdentityProvider();
    await provider.start();
    expect(await see({ kind: 'oidc', issuer: provider.issuer })).toBe('ok');
    expect(await see({ kind: 'oidc', issuer: `${provider.issuer}/` })).toBe('bad_answer');
    await provider.stop();
    expect(await see({ kind: 'oidc', issuer: provider.issuer })).toBe('unreachable');
  });

  it('is not led by its document to where it may not look', async () => {
    const liar = new StandingWebServer((request, response) => {
      const document = { issuer: liar.url, authorization_endpoint: 'x', jwks_uri: 'http://169.254.169.254/keys' };
      response.end(request.url?.startsWith('/.well-known') ? JSON.stringify(document) : 'x');
    });
    await liar.start();

    expect(await see({ kind: 'oidc', issuer: liar.url })).toBe('forbidden_address');
    await liar.stop();
  });
});

describe('a look at what Microsoft says of its services', () => {
  let server: StandingWebServer;
  let status = 'serviceOperational';
  const seen: string[] = [];

  const bodyOf = async (request: IncomingMessage): Promise<string> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    return body;
  };

  beforeAll(async () => {
    // The two sides of the flow as RFC 6749 4.4 and Graph v1.0 say it, over a real HTTP server.
    server = new StandingWebServer((request, response) => {
      void (async () => {
        const json = (code: number, value: unknown) =>
          response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));
        if (request.method === 'POST' && request.url === '/tenant-1/oauth2/v2.0/token') {
          const form = new URLSearchParams(await bodyOf(request));
          seen.push(`${form.get('grant_type')} ${form.get('scope')}`);
          const isRight = form.get('client_id') === 'app-1' && form.get('client_secret') === 'right';
          return isRight
            ? json(200, { token_type: 'Bearer', expires_in: 3_599, access_token: 'token-1' })
            : json(401, { error: 'invalid_client' });
        }
        if (request.url !== '/v1.0/admin/serviceAnnouncement/healthOverviews') return json(404, {});
        if (request.headers.authorization !== 'Bearer token-1') return json(401, {});
        const value = [
          { id: 'Exchange', service: 'Exchange Online', status: 'serviceOperational' },
          { id: 'microsoftteams', service: 'Microsoft Teams', status },
        ];
        return json(200, { value });
      })();
    });
    await server.start();
  });
  afterAll(() => server.stop());

  const graph = (more: object = {}) =>
    see({
      ...{ kind: 'graph', tenantId: 'tenant-1', clientId: 'app-1', clientSecret: 'right' },
      ...{ loginUrl: server.url, graphUrl: server.url, ...more },
    });

  it('signs in with the application and reads the health of the services that count', async () => {
    expect(await graph()).toBe('ok');
    expect(seen.at(-1)).toBe(`client_credentials ${server.url}/.default`);
    status = 'serviceInterruption';
    expect(await graph()).toBe('degraded');
    expect(await graph({ services: ['Exchange Online'] })).toBe('ok');
    status = 'serviceDegradation';
    expect(await graph()).toBe('ok');
    expect(await graph({ degradedFails: true })).toBe('degraded');
  });

  it('says when it may not sign in, and when there is no such service', async () => {
    expect(await graph({ clientSecret: 'wrong' })).toBe('signin_failed');
    expect(await graph({ services: ['Skype'] })).toBe('bad_answer');
    expect(await graph({ tenantId: 'tenant-2' })).toBe('signin_failed');
  });
});

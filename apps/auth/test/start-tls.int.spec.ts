import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { directorySettings, type DirectorySettings } from '@relais/contracts';
import { ADMIN, PASSWORD, personDn, Slapd, SUFFIX } from '@relais/testing';
import { openDirectory } from '../src/directory/ldap-client.js';
import { readPeople } from '../src/directory/read-directory.js';

/** The answer of a server that agrees to StartTLS, or refuses it (RFC 4511, 4.14.2): resultCode and two empty texts. */
const answer = (resultCode: number) => Buffer.from([0x30, 0x0c, 2, 1, 1, 0x78, 7, 0x0a, 1, resultCode, 4, 0, 4, 0]);
/** Of a server that lets somebody in, as the answer to the request after StartTLS. */
const BIND_SUCCESS = Buffer.from([0x30, 0x0c, 2, 1, 2, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0]);

/** Stands between Relais and a directory, and notes what each says to the other in the clear. */
class Listener {
  readonly heard: Buffer[] = [];
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param meddle what becomes of what the server says; without a word it is passed on */
  static async before(port: number, meddle: (said: Buffer, first: boolean) => Buffer | null = (said) => said) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const listener = new Listener(server, `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (client) => listener.join(client, connect(port, '127.0.0.1'), meddle));
    return listener;
  }

  get text(): string {
    return Buffer.concat(this.heard).toString('latin1');
  }

  /** Breaks what is open; new connections are welcome. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  private join(client: Socket, server: Socket, meddle: (said: Buffer, first: boolean) => Buffer | null): void {
    this.connections++;
    let isFirst = true;
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => undefined).on('close', () => other.destroy());
      one.on('data', (said) => {
        this.heard.push(said);
        const passed = one === client ? said : meddle(said, isFirst);
        if (one === server) isFirst = false;
        if (passed) other.write(passed);
      });
    }
  }
}

describe('StartTLS', () => {
  let slapd: Slapd;
  let between: Listener;

  beforeAll(async () => {
    slapd = await Slapd.start([{ uid: 'p0' }], {}, { certifiedFor: 'IP:127.0.0.1' });
  });
  afterAll(() => slapd.stop());
  afterEach(() => between.close());

  const settings = (more: Partial<DirectorySettings> = {}): DirectorySettings =>
    directorySettings.parse({
      ...{ name: 'LDAP', urls: [between.url], startTls: true, caPem: slapd.caPem },
      ...{ bindDn: ADMIN, bindPassword: PASSWORD },
      people: { base: `ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' },
      ...more,
    });
  const namesBy = async (asked: DirectorySettings): Promise<string[]> => {
    const client = await openDirectory(asked, 2_000);
    try {
      const names: string[] = [];
      for await (const records of readPeople(client, asked, new Date()))
        names.push(...records.map(({ displayName }) => displayName));
      return names;
    } finally {
      await client.unbind();
    }
  };
  /** It fails for this reason, and nothing that is secret was said. */
  const refused = async (says: RegExp, asked = settings()) => {
    await expect(openDirectory(asked, 2_000)).rejects.toThrow(says);
    expect(between.connections).toBe(1);
    for (const secret of [ADMIN, PASSWORD]) expect(between.text).not.toContain(secret);
  };

  it('hides names and passwords, which are heard without it', async () => {
    between = await Listener.before(slapd.port);
    expect(await namesBy(settings())).toEqual(['Person p0']);
    for (const secret of [ADMIN, PASSWORD, 'Person p0']) expect(between.text).not.toContain(secret);

    expect(await namesBy(settings({ startTls: false }))).toEqual(['Person p0']);
    for (const secret of [ADMIN, PASSWORD, 'Person p0']) expect(between.text).toContain(secret);
  });

  it('also hides the passwords that people sign in with', async () => {
    between = await Listener.before(slapd.port);
    const asPerson = settings({ bindDn: personDn('p0'), bindPassword: 'secret-p0' });
    await (await openDirectory(asPerson, 2_000)).unbind();
    const wrong = settings({ bindDn: personDn('p0'), bindPassword: 'secret-p1' });
    await expect(openDirectory(wrong, 2_000)).rejects.toThrow('the bind name or password is wrong');
    expect(between.text).not.toMatch(/secret-p|uid=p0/);
  });

  describe('that fails is never gone on without:', () => {
    it('the server does not do it', async () => {
      const withoutTls = await Slapd.start([{ uid: 'p0' }], {});
      between = await Listener.before(withoutTls.port);
      await refused(/does not start TLS \(result \d+\)/);
      await withoutTls.stop();
    });

    it('somebody in between says that the server does not do it', async () => {
      between = await Listener.before(slapd.port, (said, isFirst) => (isFirst ? answer(2) : said));
      await refused(/does not start TLS \(result 2\)/);
    });

    it('its certificate is from another authority', async () => {
      between = await Listener.before(slapd.port);
      const other = await Slapd.start([], {}, { certifiedFor: 'IP:127.0.0.1' });
      await refused(/certificate is not trusted/, settings({ caPem: other.caPem }));
      await other.stop();
    });

    it.each(['DNS:localhost', 'IP:127.0.0.2', 'DNS:directory.brigade.example'])(
      'its certificate is for %s',
      async (certifiedFor) => {
        const other = await Slapd.start([], {}, { certifiedFor });
        between = await Listener.before(other.port);
        await refused(/certificate is not trusted/, settings({ caPem: other.caPem }));
        await other.stop();
      },
    );

    it('it agrees, and then speaks in the clear or not at all', async () => {
      for (const meddle of [(_: Buffer, isFirst: boolean) => (isFirst ? answer(0) : BIND_SUCCESS), () => answer(0)]) {
        between = await Listener.before(slapd.port, meddle);
        await refused(/./);
        between.close();
      }
      between = await Listener.before(slapd.port, (said, isFirst) => (isFirst ? said : null));
      await refused(/does not answer in time/);
    });

    it('it says more than its answer, for Relais to take it for encrypted (CVE-2011-0411)', async () => {
      for (const more of [BIND_SUCCESS, BIND_SUCCESS.subarray(0, 9)]) {
        between = await Listener.before(slapd.port, (said, isFirst) => (isFirst ? Buffer.concat([said, more]) : said));
        await refused(/more than one/);
        between.close();
      }
    });

    it('it answers with garbage, or without end', async () => {
      for (const garbage of [
        'HTTP/1.1 400 Bad Request\r\n',
        '0',
        '0\u0084',
        `0\u0084\u007f\u007f${'x'.repeat(9_000)}`,
      ]) {
        between = await Listener.before(slapd.port, (said, isFirst) =>
          isFirst ? Buffer.from(garbage, 'latin1') : said,
        );
        await refused(/./);
        between.close();
      }
    });
  });

  it('is not begun anew, with or without TLS, when the connection is lost', async () => {
    between = await Listener.before(slapd.port);
    const client = await openDirectory(settings(), 2_000);
    between.cut();
    await expect(client.search(SUFFIX, { scope: 'base' })).rejects.toThrow();
    await expect(client.search(SUFFIX, { scope: 'base' })).rejects.toThrow('the connection was lost');
    expect(between.connections).toBe(1);
  });
});

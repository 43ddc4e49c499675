import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'ldapts';

export const SUFFIX = 'dc=brigade,dc=example';
export const ADMIN = `cn=admin,${SUFFIX}`;
export const PASSWORD = 'directory secret';

export interface LdapPerson {
  uid: string;
  cn?: string;
  mail?: string;
}

export const personDn = (uid: string): string => `uid=${uid},ou=people,${SUFFIX}`;
export const groupDn = (name: string): string => `cn=${name},ou=groups,${SUFFIX}`;

const entry = (dn: string, attributes: Record<string, string | string[]>): string =>
  [
    `dn: ${dn}`,
    ...Object.entries(attributes).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`)),
  ].join('\n');

const person = ({ uid, cn = `Person ${uid}`, mail = `${uid}@brigade.example` }: LdapPerson): string =>
  entry(personDn(uid), { objectClass: 'inetOrgPerson', uid, cn, sn: uid, mail, userPassword: `secret-${uid}` });

/** A real OpenLDAP server with people and groups, its own data, on a port of its own. */
export class Slapd {
  private server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    /** Its certificate, for who is to trust it; empty where it does no TLS. */
    readonly caPem: string,
  ) {}

  /** @param options `certifiedFor` has it do StartTLS, with a certificate for this address or name (`IP:…` or `DNS:…`). */
  static async start(
    people: readonly LdapPerson[],
    groups: Readonly<Record<string, readonly string[]>>,
    { certifiedFor }: { certifiedFor?: string } = {},
  ): Promise<Slapd> {
    const folder = mkdtempSync(join(tmpdir(), 'relais-slapd-'));
    mkdirSync(join(folder, 'data'));
    const caPem = certifiedFor === undefined ? '' : certify(folder, certifiedFor);
    const slapd = new Slapd(folder, await freePort(), caPem);
    writeFileSync(join(folder, 'slapd.conf'), configuration(folder, caPem !== ''));
    const ldif = [
      entry(SUFFIX, { objectClass: ['dcObject', 'organization'], dc: 'brigade', o: 'Brigade' }),
      entry(`ou=people,${SUFFIX}`, { objectClass: 'organizationalUnit', ou: 'people' }),
      entry(`ou=groups,${SUFFIX}`, { objectClass: 'organizationalUnit', ou: 'groups' }),
      ...people.map(person),
      ...Object.entries(groups).map(([cn, member]) =>
        entry(groupDn(cn), { objectClass: 'groupOfNames', cn, member: [...member] }),
      ),
    ];
    writeFileSync(join(folder, 'people.ldif'), `${ldif.join('\n\n')}\n`);
    execFileSync('/usr/sbin/slapadd', ['-q', '-f', join(folder, 'slapd.conf'), '-l', join(folder, 'people.ldif')], {
      stdio: 'ignore',
    });
    await slapd.run();
    return slapd;
  }

  get url(): string {
    return `ldap://127.0.0.1:${this.port}`;
  }

  /** Starts it, again after `kill`. */
  async run(): Promise<void> {
    const args = ['-h', this.url, '-f', join(this.folder, 'slapd.conf'), '-d', '0'];
    this.server = spawn('/usr/sbin/slapd', args, { stdio: 'ignore' });
    const deadline = Date.now() + 15_000;
    while (!(await answers(this.port))) {
      if (Date.now() > deadline) throw new Error('slapd does not answer');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** At once, without a word. */
  kill(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    return new Promise((resolve) => {
      if (!server || server.exitCode !== null) return resolve();
      server.once('exit', () => resolve());
      server.kill('SIGKILL');
    });
  }

  /** From here on it takes what it is sent and answers nothing. */
  freeze(): void {
    this.server?.kill('SIGSTOP');
  }

  thaw(): void {
    this.server?.kill('SIGCONT');
  }

  /** Changes what it holds, as its administrator. */
  async change<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client({ url: this.url });
    await client.bind(ADMIN, PASSWORD);
    try {
      return await work(client);
    } finally {
      await client.unbind();
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function certify(folder: string, subjectAltName: string): string {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const about = ['-subj', '/CN=directory', '-addext', `subjectAltName=${subjectAltName}`];
  execFileSync('openssl', [...request, ...about, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return readFileSync(cert, 'utf8');
}

const tls = (folder: string): string =>
  `TLSCertificateFile ${join(folder, 'cert.pem')}\nTLSCertificateKeyFile ${join(folder, 'key.pem')}`;

const configuration = (folder: string, doesTls: boolean): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
sizelimit unlimited
${doesTls ? tls(folder) : ''}
database mdb
suffix "${SUFFIX}"
rootdn "${ADMIN}"
rootpw "${PASSWORD}"
directory ${join(folder, 'data')}
maxsize 1073741824
index objectClass,uid,entryUUID eq
limits dn.exact="uid=limited,ou=people,${SUFFIX}" size=10
overlay syncprov
`;

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

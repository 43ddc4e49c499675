import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attribute, Change, Client } from 'ldapts';

const SUFFIX = 'DC=brigade,DC=example';
const ADMIN_PASSWORD = 'Adm1n-secret!';
const DEADLINE_MS = 60_000;

/** `userAccountControl` of a usual account (MS-ADTS, 2.2.16). */
const NORMAL_ACCOUNT = '512';
const DISABLED = '514';

/** Runs inside of the network of its own: what comes to a file goes to the directory there. */
const BRIDGE = `
const net = require('node:net');
net.createServer((one) => {
  const other = net.connect(636, '127.0.0.1');
  one.pipe(other).pipe(one);
  for (const end of [one, other]) end.on('error', () => { one.destroy(); other.destroy(); });
}).listen(process.argv[1]);
`;

/**
 * A real Active Directory domain controller: Samba's, which answers on its fixed ports in a network namespace of its own, and
 * here on a free one, with TLS. Needs root.
 */
export class ActiveDirectory {
  static readonly base = SUFFIX;
  static readonly admin = `CN=Administrator,CN=Users,${SUFFIX}`;
  static readonly password = ADMIN_PASSWORD;

  private readonly children: ChildProcess[] = [];
  private door: Server | undefined;

  private constructor(private readonly folder: string) {}

  /** Null where it can run, else why not. */
  static problem(): string | null {
    if (process.getuid?.() !== 0) return 'a domain controller needs root';
    if (!existsSync('/usr/sbin/samba')) return 'samba-ad-dc is not installed';
    const { status } = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']);
    return status === 0 ? null : 'there can be no network of its own here';
  }

  static async start(): Promise<ActiveDirectory> {
    const directory = new ActiveDirectory(mkdtempSync(join(tmpdir(), 'relais-ad-')));
    try {
      directory.provision();
      await directory.run();
      return directory;
    } catch (error) {
      await directory.stop();
      throw error;
    }
  }

  get url(): string {
    return `ldaps://127.0.0.1:${(this.door?.address() as AddressInfo).port}`;
  }

  get caPem(): string {
    return readFileSync(join(this.folder, 'cert.pem'), 'utf8');
  }

  /** Works in it as its administrator. */
  async change<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client({ url: this.url, tlsOptions: { ca: this.caPem } });
    await client.bind(ActiveDirectory.admin, ADMIN_PASSWORD);
    try {
      return await work(client);
    } finally {
      await client.unbind();
    }
  }

  async addPerson(client: Client, name: string): Promise<void> {
    await client.add(ActiveDirectory.personDn(name), {
      ...{ objectClass: 'user', sAMAccountName: name, displayName: `Person ${name}` },
      ...{ mail: `${name}@brigade.example`, userPrincipalName: `${name}@brigade.example` },
      userAccountControl: DISABLED,
    });
    // MS-ADTS, 3.1.1.3.1.5: in quotes, UTF-16, and only over TLS.
    const unicodePwd = Buffer.from(`"${ActiveDirectory.passwordOf(name)}"`, 'utf16le');
    await replace(client, name, 'unicodePwd', unicodePwd);
    await replace(client, name, 'userAccountControl', NORMAL_ACCOUNT);
  }

  disable(client: Client, name: string): Promise<void> {
    return replace(client, name, 'userAccountControl', DISABLED);
  }

  /** An account that ends then (MS-ADTS, accountExpires: 100 ns since 1601). */
  expire(client: Client, name: string, at: Date): Promise<void> {
    const ticks = (BigInt(at.getTime()) + 11_644_473_600_000n) * 10_000n;
    return replace(client, name, 'accountExpires', `${ticks}`);
  }

  addGroup(client: Client, name: string, members: readonly string[]): Promise<void> {
    const dn = ActiveDirectory.groupDn(name);
    return client.add(dn, { objectClass: 'group', sAMAccountName: name, member: [...members] });
  }

  static personDn = (name: string): string => `CN=${name},CN=Users,${SUFFIX}`;
  static groupDn = (name: string): string => `CN=${name},CN=Users,${SUFFIX}`;
  static passwordOf = (name: string): string => `Secret-${name}-1`;

  async stop(): Promise<void> {
    this.door?.close();
    for (const child of this.children.toReversed()) await ended(child);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private provision(): void {
    const run = (command: string, args: string[]) => execFileSync(command, args, { stdio: 'pipe' });
    run('samba-tool', [
      ...['domain', 'provision', '--realm=BRIGADE.EXAMPLE', '--domain=BRIGADE', `--adminpass=${ADMIN_PASSWORD}`],
      ...['--server-role=dc', '--dns-backend=NONE', `--targetdir=${this.folder}`, '--host-name=dc1'],
    ]);
    run('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=dc1.brigade.example'],
      ...['-keyout', join(this.folder, 'key.pem'), '-out', join(this.folder, 'cert.pem')],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    ]);
    run('chmod', ['600', join(this.folder, 'key.pem')]);
    mkdirSync(join(this.folder, 'ncalrpc'), { recursive: true });
    writeFileSync(join(this.folder, 'only-ldap.conf'), configuration(this.folder));
  }

  private async run(): Promise<void> {
    const samba = `ip link set lo up && exec samba -F -s ${join(this.folder, 'only-ldap.conf')} -M single --no-process-group`;
    const server = spawn('unshare', ['--net', 'sh', '-c', samba], { stdio: 'ignore' });
    this.children.push(server);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const file = join(this.folder, 'bridge');
    const bridge = ['-t', String(server.pid), '-n', process.execPath, '-e', BRIDGE, file];
    this.children.push(spawn('nsenter', bridge, { stdio: 'ignore' }));
    this.door = createServer((one) => {
      const other = connect(file);
      one.pipe(other).pipe(one);
      for (const end of [one, other]) end.on('error', () => (one.destroy(), other.destroy()));
    });
    await new Promise<void>((resolve) => this.door?.listen(0, '127.0.0.1', resolve));
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const failed = await this.change(() => Promise.resolve()).then(
        () => null,
        (error: unknown) => error,
      );
      if (!failed) return;
      if (Date.now() > deadline) throw new Error('the domain controller does not answer', { cause: failed });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const replace = (client: Client, name: string, type: string, value: string | Buffer): Promise<void> =>
  client.modify(
    ActiveDirectory.personDn(name),
    new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] as string[] | Buffer[] }) }),
  );

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

const configuration = (folder: string): string => `
[global]
netbios name = DC1
realm = BRIGADE.EXAMPLE
workgroup = BRIGADE
server role = active directory domain controller
server services = ldap
interfaces = lo
bind interfaces only = yes
private dir = ${folder}/private
state directory = ${folder}/state
cache directory = ${folder}/cache
lock directory = ${folder}
pid directory = ${folder}
ncalrpc dir = ${folder}/ncalrpc
log file = ${folder}/log
tls enabled = yes
tls keyfile = ${folder}/key.pem
tls certfile = ${folder}/cert.pem
tls cafile =
`;

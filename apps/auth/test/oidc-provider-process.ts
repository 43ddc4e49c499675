import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../../examples/identity-provider.mjs');

export const REDIRECT_URI = 'https://app.brigade.example/back';

export type ProviderPeople = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A certified OpenID Connect provider as a process of its own, which can be killed. */
export class OidcProviderProcess {
  private child: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  static async start(people: ProviderPeople): Promise<OidcProviderProcess> {
    const provider = new OidcProviderProcess(await freePort());
    await provider.run();
    await provider.say({ people });
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, again after `kill`. */
  async run(): Promise<void> {
    const args = [String(this.port), REDIRECT_URI];
    this.child = fork(PROGRAM, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: ['--no-warnings'] });
    await once(this.child, 'message');
  }

  /** Changes its people, or how they sign in from now on. */
  async say(message: { people?: ProviderPeople; shown?: object }): Promise<void> {
    if (!this.child) throw new Error('the provider does not run');
    const done = once(this.child, 'message');
    this.child.send(message);
    await done;
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** A person's browser at the provider: follows redirects, keeps cookies, fills in its forms. */
export class Browser {
  private readonly cookies = new Map<string, string>();

  /** Signs in, allows what is asked for, and gives where the provider sends back to. Remembers the person. */
  async signIn(authorizationUrl: string, login: string): Promise<string> {
    let at = new URL(authorizationUrl);
    for (let hops = 0; hops < 20; hops++) {
      const isForm = at.pathname.startsWith('/sign-in/');
      const next = await this.ask(at, isForm ? new URLSearchParams({ login, password: 'any' }) : undefined);
      if (next.href.startsWith(REDIRECT_URI)) return next.href;
      at = next;
    }
    throw new Error('the provider sends in circles');
  }

  private async ask(url: URL, form?: URLSearchParams): Promise<URL> {
    if (form) await this.open(url);
    const response = await this.open(url, form);
    const location = response.headers.get('location');
    if (!location) throw new Error(`the provider shows ${response.status}: ${await response.text()}`);
    return new URL(location, url);
  }

  private async open(url: URL, form?: URLSearchParams): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = form ? { method: 'POST', body: form } : {};
    const response = await fetch(url, { ...sent, headers: { cookie }, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s);
      this.cookies.set(name, value);
    }
    return response;
  }
}

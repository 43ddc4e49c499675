import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerJson, freePort, HttpProvider } from '@relais/testing';
import { HttpPhone } from './http-phone.js';
import type { PhoneMessage } from './phone.js';
import { ProviderClient } from './provider-client.js';

const GUIDE = join(import.meta.dirname, '../../../../docs/guides/phone-providers.md');
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** Asks every 25 ms, for five seconds. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it did not become so in time');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

describe('the provider that the guide has people write', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relais-provider-'));
  const client = ProviderClient.forInstallation({ timeoutMs: 500, privateHosts: [] });
  let gateway: HttpProvider;
  let url = '';
  let child: ChildProcess | undefined;

  /** As the guide has it, but for the secret and the port, which are the test's own. */
  async function start(...args: string[]): Promise<HttpPhone> {
    const [, program = ''] =
      /^cat > \/tmp\/provider\.mjs <<'END'\n([^]*?)^END$/m.exec(readFileSync(GUIDE, 'utf8')) ?? [];
    const [file, secretFile, port] = [join(folder, 'provider.mjs'), join(folder, 'secret'), await freePort()];
    writeFileSync(secretFile, `${SECRET}\n`);
    writeFileSync(file, program.replace('/tmp/phone-secret', secretFile).replace('3894', String(port)));
    child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    url = `http://127.0.0.1:${port}`;
    await until(async () => (await statusOf(url)) !== undefined);
    return new HttpPhone(client, { url, secret: SECRET });
  }

  const statusOf = (of: string) =>
    fetch(of, { method: 'POST', body: '{}' }).then(
      ({ status }) => status,
      () => undefined,
    );

  const message = (): PhoneMessage => ({
    ...{ id: 'n-1', kind: 'sms', to: '+4915112345678', text: 'ALARM: Brand & Rauch', language: 'de-DE' },
    reportUrl: gateway.url,
  });

  beforeEach(async () => {
    gateway = await HttpProvider.start((_, response) => answerJson(response, 200, {}));
  });

  afterEach(async () => {
    child?.kill('SIGKILL');
    await gateway.stop();
  });
  afterAll(() => {
    client.close();
    rmSync(folder, { recursive: true });
  });

  it('takes what we send, and reports it in a way that we believe', async () => {
    const phone = await start();

    expect(await phone.send(message())).toEqual({ state: 'sent', providerId: 'mine-n-1' });
    await until(() => gateway.received.length > 0);

    const [report] = gateway.received;
    const headers = report?.headers as Record<string, string>;
    expect(await phone.read({ url: gateway.url, body: String(report?.body), headers })).toBe('reached');
  });

  it('refuses what is not ours', async () => {
    await start();
    const stranger = new HttpPhone(client, { url, secret: `whsec_${btoa('somebody else, who is none')}` });

    expect(await stranger.send(message())).toEqual({ state: 'failed', problem: 'provider_refused' });
    expect(await statusOf(url)).toBe(403);
  });

  it.each([
    ['422', { state: 'failed', problem: 'undeliverable' }],
    ['410', { state: 'gone' }],
    ['none', { state: 'queued', problem: 'provider_timeout' }],
  ])('answers as it is told to: %s', async (answer, outcome) => {
    expect(await (await start(answer)).send(message())).toMatchObject(outcome);
  });
});

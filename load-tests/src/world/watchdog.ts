import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROUTES } from '@relais/contracts';
import { DeviceKey } from '@relais/sdk';
import { pause } from './random.js';
import type { World } from './world.js';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'libs', 'sdk', 'bin', 'relais-probe.mjs');
const STARTS_WITHIN_MS = 20_000;

/** `relais-probe` as an operator runs it: a process of its own, with a bot of its own, that knows the gateways only. */
export class Watchdog {
  private said = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
  }

  static async start(world: World): Promise<Watchdog> {
    const key = DeviceKey.generate();
    const bot = await makeBot(world, key);
    const directory = mkdtempSync(join(tmpdir(), 'relais-watchdog-'));
    const file = join(directory, 'probe.json');
    const { clientId, keys } = bot;
    const credentials = { gateways: await world.cluster.gatewayUrls(), clientId, keyId: keys[0]?.id, key };
    writeFileSync(file, JSON.stringify(credentials), { mode: 0o600 });
    const args = [PROGRAM, '--credentials', file, '--port', '0'];
    return new Watchdog(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }), directory);
  }

  /** Waits until the last test alarm came through, or did not. @returns how long that took, ms, or undefined when it did not come to it */
  async says(isThrough: boolean, withinMs: number): Promise<number | undefined> {
    const startedAtMs = performance.now();
    while (performance.now() - startedAtMs < withinMs) {
      if ((await this.success()) === (isThrough ? 1 : 0)) return performance.now() - startedAtMs;
      await pause(250);
    }
    return undefined;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await ended;
    rmSync(this.directory, { recursive: true });
  }

  private async success(): Promise<number | undefined> {
    const text = await (await fetch(await this.metricsUrl())).text();
    const [, value] = /^relais_alarm_probe_success\{vantage="outside"\} (\d)$/m.exec(text) ?? [];
    return value === undefined ? undefined : Number(value);
  }

  private async metricsUrl(): Promise<string> {
    for (const deadline = performance.now() + STARTS_WITHIN_MS; performance.now() < deadline; await pause(100)) {
      const [, url] = /metrics at (\S+)/.exec(this.said) ?? [];
      if (url) return url;
    }
    throw new Error(`the watchdog did not start: ${this.said}`);
  }
}

/** By somebody who has just come in, because making a bot asks for that. */
async function makeBot({ people }: World, key: DeviceKey) {
  const keeper = await people.invite(`keeper${Date.now()}`);
  await people.owner.call(ROUTES.updateUser, { userId: keeper.tokens.userId, role: 'admin' });
  await keeper.refresh();
  try {
    const scopes = ['messages:read' as const, 'alarms:write' as const];
    return await keeper.call(ROUTES.createBot, { displayName: 'Watchdog', publicKey: key.publicKey, scopes });
  } finally {
    keeper.close();
  }
}

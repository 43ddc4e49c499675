import { readFile } from 'node:fs/promises';
import { printable } from '../chat/printable.js';
import { RelaisApi } from '../http/relais-api.js';
import { RelaisConnection } from '../realtime/connection.js';
import { botCredentials, type BotCredentials, BotSession } from '../session/bot-session.js';
import { tellFailure } from '../tell-failure.js';
import { type ProbeOptions, readProbeOptions, USAGE } from './probe-options.js';
import { ProbeMetrics, serveProbe } from './probe-page.js';
import { type Probed, Prober } from './prober.js';
import { setUp } from './setup.js';

const print = (line: string): void => void process.stdout.write(`${printable(line)}\n`);

async function main(args: string[]): Promise<void> {
  const options = readProbeOptions(args);
  if (options.kind === 'help') return void process.stdout.write(USAGE);
  if (options.kind === 'setup') {
    await setUp(options);
    return print(`wrote ${options.credentials}: now run relais-probe`);
  }
  await watch(options, await readCredentials(options));
}

async function readCredentials({ credentials: path, gateways }: ProbeOptions): Promise<BotCredentials> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`cannot read ${path}: make it with relais-probe --setup`, { cause });
  });
  const credentials = botCredentials.parse(JSON.parse(text));
  return gateways.length > 0 ? { ...credentials, gateways } : credentials;
}

/** Until a signal comes. */
async function watch(options: ProbeOptions, credentials: BotCredentials): Promise<void> {
  const { gateways } = credentials;
  const session = new BotSession(new RelaisApi({ gateways, timeoutMs: options.withinSeconds * 1_000 }), credentials);
  const metrics = new ProbeMetrics();
  const ended = told(metrics);
  const times = { everyMs: options.everySeconds * 1_000, withinMs: options.withinSeconds * 1_000 };
  const prober = new Prober(session, { ...times, ended });
  const page = await serveProbe(options, metrics, () => prober.silentMs < 3 * times.everyMs);
  print(`watching ${gateways.join(', ')}; metrics at ${page.url}/metrics`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => prober.stop());
  const hangUp = listen(session, gateways, prober);
  await prober.run();
  await hangUp();
  session.close();
  page.close();
}

/**
 * Hears what comes to the bot. What is tried again too rarely would be missed for longer than a test takes; a bot that was told
 * to stay away comes back all the same, for somebody may have let it in again. @returns how to stop
 */
function listen(tokens: BotSession, gateways: readonly string[], prober: Prober): () => Promise<void> {
  let connection: RelaisConnection;
  let timer: NodeJS.Timeout | undefined;
  let isWanted = true;
  const open = (): void => {
    connection = new RelaisConnection({ gateways, tokens, history: 'none', backoff: { baseMs: 250, capMs: 5_000 } });
    connection.on('silentAlarm', ({ alarm }) => prober.arrived(alarm.id));
    connection.on('state', ({ state }) => {
      if (state === 'closed' && isWanted) timer = setTimeout(open, 5_000);
    });
    connection.connect();
  };
  open();
  return () => {
    isWanted = false;
    clearTimeout(timer);
    return connection.close();
  };
}

/** Says on the terminal what has changed only. */
function told(metrics: ProbeMetrics): (probed: Probed) => void {
  let before: boolean | undefined;
  return (probed) => {
    metrics.ended(probed);
    const at = new Date().toISOString();
    if (!probed.isThrough) print(`${at} a test alarm did not come through: ${probed.why}`);
    else if (before !== true) print(`${at} test alarms come through (${probed.seconds.toFixed(3)} s)`);
    before = probed.isThrough;
  };
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  tellFailure('relais-probe', thrown);
}

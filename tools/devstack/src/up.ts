import { Cluster } from './cluster/cluster.js';
import { dropOrphans } from './owner.js';
import { ensurePeople, peopleFile } from './people.js';
import { changeSettings, settingsFile, settingsOf } from './settings/kept-settings.js';
import { readSettings } from './settings/read-settings.js';
import { shown } from './settings/setting.js';
import { Stack } from './stack.js';

const REPLICAS = { auth: 2, messaging: 2, alerting: 2, gateway: 2 };

/**
 * Starts what does not run of a whole cluster with two people in it, and prints what to do next. What of a service runs whose
 * settings change with `given` is started again.
 */
export async function up(name: string, given: readonly string[]): Promise<void> {
  const startedAt = performance.now();
  const settings = await readSettings(given);
  const say = (line: string) => console.log(`${seconds(startedAt)}  ${line}`);
  await dropOrphans();
  await Stack.exclusively(name, async (stack) => {
    const ended = await changeSettings(stack, settings);
    if (ended.length > 0) say(`ended ${ended.join(', ')}, to go on with other settings`);
    for (const one of settingsOf(stack)) say(`with ${shown(one)}`);
    const before = stack.processes.filter((process) => stack.running(process.name)).length;
    say(before > 0 ? `${before} processes of "${name}" are running` : `starting "${name}" in ${stack.directory}`);
    const cluster = await Cluster.startIn(stack, { name, replicas: REPLICAS, say });
    const isAllThere = before === cluster.names.length;
    if (isAllThere) say('already up');
    await ensurePeople(stack, await cluster.gatewayUrls(), cluster.bootstrapToken);
    say('organization "demo" with alice and bob');
    console.log(await nextSteps(cluster, stack));
  });
}

const seconds = (since: number) => `${((performance.now() - since) / 1_000).toFixed(1).padStart(6)} s`;

async function nextSteps(cluster: Cluster, stack: Stack): Promise<string> {
  const [first, second] = await cluster.gatewayUrls();
  const replicas = cluster.replicas.map(
    async ({ name }) => `    ${name.padEnd(12)} ${await cluster.internalUrl(name)}/metrics`,
  );
  return `
Relais is up. Two people can talk, each in a terminal of their own:

    npx relais-chat alice
    npx relais-chat bob

An alarm, in a third one; bob answers with /answer coming:

    npx relais-alarm "Fire in hall 2" --to alice --then bob --wait 10

  gateways     ${first}  ${second}
  credentials  ${peopleFile(stack)}
  logs         ${stack.logFile('*')}
${ownSettings(stack)}  metrics
${(await Promise.all(replicas)).join('\n')}

  npm run down               stops everything, keeps the data
  npm run down -- --purge    stops everything, deletes the data`;
}

const ownSettings = (stack: Stack): string =>
  settingsOf(stack).length > 0 ? `  settings     ${settingsFile(stack)}; --set SERVICE.NAME= takes one back\n` : '';

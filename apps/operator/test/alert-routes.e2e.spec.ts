import { jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ROUTES } from '@relais/contracts';
import { type ApiObject, KubeServers } from '@relais/kube-api';
import { newId } from '@relais/kernel';
import type { RelaisSession } from '@relais/sdk';
import { Acme } from './acme.js';
import { chartObjects } from './chart.js';
import { eventually } from './eventually.js';
import { World } from './world.js';

const START_MS = 120_000;
jest.setTimeout(START_MS);

const ROUTE = '/apis/relais.io/v1alpha1/namespaces/relais/alertroutes';
/** As the chart runs it; a budget, so it is the same on every machine. */
const MEMORY = { NODE_OPTIONS: '--max-old-space-size=179 --max-semi-space-size=1', MALLOC_ARENA_MAX: '1' };
const MAX_RSS_MIB = 96;

const servers = new KubeServers({
  definitions: chartObjects().filter(({ kind }) => kind === 'CustomResourceDefinition'),
});

describe('alerts of a namespace', () => {
  let acme: Acme;
  let owner: RelaisSession;
  let world: World;
  const policyId = newId<never>();

  beforeAll(async () => {
    acme = await Acme.found('alert-routes', ['alarm-sources:write']);
    ({ owner } = acme);
    const steps = [{ targets: [{ kind: 'user' as const, userId: owner.tokens.userId }], waitSeconds: 60 }];
    await owner.call(ROUTES.putEscalationPolicy, { policyId, policy: { name: 'On call', steps } });
    world = await World.open(servers);
  }, START_MS);

  afterAll(async () => {
    await world?.close();
    await acme?.close();
    await servers.close();
  }, START_MS);

  const operator = () =>
    world.start({
      ...MEMORY,
      SURGE_POLICY: '',
      ALERT_ROUTES: JSON.stringify({
        ...{ namespaces: ['relais'], url: acme.gateway, webhookUrl: acme.gateway, botFile: acme.botFile },
      }),
    });
  const make = (name: string): Promise<ApiObject> =>
    world.ask('POST', ROUTE, {
      ...{ apiVersion: 'relais.io/v1alpha1', kind: 'AlertRoute', metadata: { name } },
      spec: { policyId },
    });
  const becomes = (reason: string, name: string, withinMs?: number): Promise<void> =>
    eventually(
      async () => (await world.ask('GET', `${ROUTE}/${name}`))['status']?.conditions?.[0]?.reason === reason,
      withinMs,
    );
  async function secret(name = 'shop'): Promise<{ url: string; token: string } | undefined> {
    const found = (await world.api.all('secrets')).find(({ metadata }) => metadata.name === `${name}-relais`);
    const read = (key: string) => Buffer.from(String(found!['data'][key]), 'base64').toString();
    return found && { url: read('url'), token: read('token') };
  }

  /** As Alertmanager posts it, version 4 of its messages. */
  async function fires({ url, token }: { url: string; token: string }, alertname: string) {
    const labels = { alertname, severity: 'critical', namespace: 'relais' };
    const alert = { status: 'firing', labels, annotations: { summary: `${alertname} in shop` } };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({
        ...{ version: '4', groupKey: `{}:{alertname="${alertname}"}`, truncatedAlerts: 0, status: 'firing' },
        ...{ receiver: 'relais', groupLabels: { alertname }, commonLabels: labels, commonAnnotations: {} },
        ...{ externalURL: 'http://am.example' },
        alerts: [{ ...alert, startsAt: '2026-11-27T09:00:00Z', endsAt: '0001-01-01T00:00:00Z', fingerprint: 'f' }],
      }),
    });
    const body = (await response.json()) as { outcome?: string; code?: string; alarmId?: string };
    return { status: response.status, ...body };
  }

  it('raise an alarm by the policy as soon as there is an AlertRoute, and are refused as soon as there is none (A5)', async () => {
    const first = await operator();
    await make('shop');
    await becomes('Routed', 'shop');
    const made = (await secret())!;
    const rssMiB = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${first.pid}/status`, 'utf8'))?.[1]) / 1_024;
    process.stdout.write(`the operator takes ${rssMiB.toFixed(0)} MiB with AlertRoutes\n`);

    expect(rssMiB).toBeLessThanOrEqual(MAX_RSS_MIB);
    const raised = await fires(made, 'DiskFull');
    expect(raised).toMatchObject({ status: 200, outcome: 'raised' });
    await eventually(async () => (await owner.call(ROUTES.listAlarms, {})).items.length === 1);
    expect((await owner.call(ROUTES.listAlarms, {})).items).toMatchObject([
      { id: raised.alarmId, title: 'DiskFull in shop', severity: 'emergency', state: 'open' },
    ]);
    expect((await owner.call(ROUTES.listAlarmSources, {})).items).toMatchObject([{ madeBy: acme.bot.id }]);

    // The next leader leaves all as it is.
    const holder = await world.holder();
    await first.end('SIGKILL');
    await operator();
    await eventually(async () => (await world.holder()) !== holder);
    expect(await secret()).toEqual(made);
    expect(await fires(made, 'CpuHot')).toMatchObject({ status: 200, outcome: 'raised' });

    await world.ask('PATCH', `${ROUTE}/shop`, { spec: { secretRevision: 1 } }, 'application/merge-patch+json');
    await eventually(async () => (await secret())!.token !== made.token);
    const renewed = (await secret())!;
    expect(await fires(renewed, 'LinkDown')).toMatchObject({ status: 200, outcome: 'raised' });
    expect(await fires(made, 'LinkSlow')).toMatchObject({ status: 200, outcome: 'raised' });

    await world.ask('DELETE', `${ROUTE}/shop`);
    await eventually(async () => (await owner.call(ROUTES.listAlarmSources, {})).items.length === 0);
    expect(await fires(renewed, 'Late')).toMatchObject({ status: 401, code: 'source_refused' });
    if (servers.collectsGarbage) await eventually(async () => (await secret()) === undefined);
  });

  it('wait for a bot that is disabled, and go on when it is enabled', async () => {
    await owner.call(ROUTES.updateBot, { botId: acme.bot.id, state: 'disabled' });
    await make('bank');
    await becomes('BotRefused', 'bank');
    await owner.call(ROUTES.updateBot, { botId: acme.bot.id, state: 'active' });
    await becomes('Routed', 'bank', 60_000);

    expect(await fires((await secret('bank'))!, 'Again')).toMatchObject({ status: 200, outcome: 'raised' });
  });
});

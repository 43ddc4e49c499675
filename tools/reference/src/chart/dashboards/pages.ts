import type { Page } from '../../page.js';
import { alarms } from './alarms.js';
import { dependencies } from './dependencies.js';
import { gateway } from './gateway.js';
import { grafana } from './grafana.js';
import { messages } from './messages.js';
import { overview } from './overview.js';
import type { Dashboard } from './panels.js';
import { processes } from './processes.js';
import { rollout } from './rollout.js';
import { security } from './security.js';

const DASHBOARDS: readonly Dashboard[] = [
  ...[overview, gateway, messages, alarms, security, dependencies, processes, rollout],
];

const json = (name: string, value: unknown): Page => ({
  path: `charts/relais/files/${name}`,
  text: `${JSON.stringify(value, null, 2)}\n`,
});

/** The dashboards of the chart, and which of them belongs to which alert. */
export const dashboardPages = (): Page[] => [
  ...DASHBOARDS.map((dashboard) => json(`dashboards/${dashboard.uid.replace('relais-', '')}.json`, grafana(dashboard))),
  json(
    'dashboard-of-alert.json',
    Object.fromEntries(DASHBOARDS.flatMap(({ uid, alerts }) => alerts.map((alert) => [alert, uid] as const)).sort()),
  ),
];

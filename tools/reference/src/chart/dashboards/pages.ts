import type { Page } from '../../page.js';
import { alarms } from './alarms.js';
import { dependencies } from './dependencies.js';
import { gateway } from './gateway.js';
import { grafana } from './grafana.js';
import { messages } from './messages.js';
import { operator } from './operator.js';
import { overview } from './overview.js';
import type { Dashboard } from './panels.js';
import { processes } from './processes.js';
import { rollout } from './rollout.js';
import { security } from './security.js';

const DASHBOARDS: readonly Dashboard[] = [
  ...[overview, gateway, messages, alarms, security, dependencies, processes, rollout, operator],
];

const file = (name: string, text: string): Page => ({ path: `charts/relais/files/${name}`, text: `${text}\n` });

/** A line for each panel and each other property: small, and a change of one is a change of one line. */
function byPanel(dashboard: Dashboard): string {
  const { panels, ...head } = grafana(dashboard);
  const lines = panels.map((one) => ` ${JSON.stringify(one)}`).join(',\n');
  const others = Object.entries(head).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return `{\n"panels": [\n${lines}\n],\n${others.join(',\n')}\n}`;
}

/** The dashboards of the chart, and which of them belongs to which alert. */
export const dashboardPages = (): Page[] => [
  ...DASHBOARDS.map((dashboard) => file(`dashboards/${dashboard.uid.replace('relais-', '')}.json`, byPanel(dashboard))),
  file('dashboard-of-alert.json', JSON.stringify(dashboardOfAlert(), null, 2)),
];

const dashboardOfAlert = (): Record<string, string> =>
  Object.fromEntries(DASHBOARDS.flatMap(({ uid, alerts }) => alerts.map((alert) => [alert, uid] as const)).sort());

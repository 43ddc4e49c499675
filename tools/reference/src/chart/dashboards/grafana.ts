import type { Dashboard, Panel } from './panels.js';

const WIDTH = 24;
const SOURCE = { type: 'prometheus', uid: '${datasource}' };
const HEIGHTS: Readonly<Record<Panel['kind'], number>> = { stat: 4, timeseries: 8, table: 8 };

/**
 * A dashboard as Grafana's sidecar loads it: one data source to choose, no inputs, an address that stays.
 * The same dashboard gives the same text.
 */
export const grafana = ({ uid, title, description, rows }: Dashboard) => ({
  uid,
  title: `Relais / ${title}`,
  description,
  tags: ['relais'],
  schemaVersion: 39,
  editable: false,
  graphTooltip: 1,
  refresh: '30s',
  time: { from: 'now-1h', to: 'now' },
  templating: { list: VARIABLES },
  links: [
    { type: 'dashboards', title: 'Relais', tags: ['relais'], asDropdown: true, includeVars: true, keepTime: true },
  ],
  panels: laidOut(rows),
});

const variable = (name: string, label: string, query: string, more: object = {}) => ({
  ...{ type: 'query', name, label, datasource: SOURCE, query: { query, refId: name }, refresh: 2, sort: 1 },
  ...more,
});

const VARIABLES = [
  { type: 'datasource', name: 'datasource', label: 'Prometheus', query: 'prometheus' },
  variable('namespace', 'Namespace', 'label_values(relais_build_info, namespace)'),
  variable('release', 'Release', 'label_values(relais_build_info{namespace="$namespace"}, release)', {
    ...{ includeAll: true, allValue: '.*', current: { text: 'All', value: '$__all' } },
  }),
];

/** Panels side by side, as wide as their row has room for, at most four to a line. */
function laidOut(rows: Dashboard['rows']): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({ id: placed.length + 1, type: 'row', title, collapsed: false, gridPos: { h: 1, w: WIDTH, x: 0, y } });
    y += 1;
    for (let first = 0; first < panels.length; first += 4) {
      const line = panels.slice(first, first + 4);
      const [h, w] = [Math.max(...line.map(({ kind }) => HEIGHTS[kind])), WIDTH / line.length];
      for (const [column, one] of line.entries())
        placed.push(shown(one, placed.length + 1, { h, w, x: column * w, y }));
      y += h;
    }
  }
  return placed;
}

const shown = ({ kind, title, description, unit, queries }: Panel, id: number, gridPos: object) => ({
  ...{ id, type: kind, title, description, gridPos, datasource: SOURCE },
  fieldConfig: { defaults: { unit, ...(kind === 'timeseries' && { min: 0 }) }, overrides: [] },
  ...(kind === 'timeseries' && {
    options: { tooltip: { mode: 'multi' }, legend: { calcs: ['max', 'lastNotNull'], displayMode: 'table' } },
  }),
  targets: queries.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    // Of the data source of their panel.
    ...{ expr, legendFormat: legend },
    ...(kind === 'table' && { format: 'table', instant: true }),
  })),
});

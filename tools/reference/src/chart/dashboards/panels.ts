/** How Grafana shows a number. */
type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'ops' | 'dateTimeFromNow' | 'none';

interface Query {
  expr: string;
  legend: string;
}

export interface Panel {
  title: string;
  /** What a reader should make of it: shown behind the small i. */
  description: string;
  unit: Unit;
  kind: 'timeseries' | 'stat' | 'table';
  queries: readonly Query[];
}

export interface Dashboard {
  /** Stable: addresses of alerts lead to it. */
  uid: string;
  title: string;
  description: string;
  /** Alerts whose `dashboard_url` leads here. */
  alerts: readonly string[];
  rows: readonly { title: string; panels: readonly Panel[] }[];
}

/** One release, as the variables of the dashboard choose it. */
const CHOSEN = 'namespace="$namespace",release=~"$release"';

const selector = (labels: string): string => `{${[CHOSEN, labels].filter(Boolean).join(',')}}`;
const by = (labels: string): string => (labels === '' ? '' : `by (${labels}) `);
const legendOf = (labels: string, otherwise: string): string =>
  labels === ''
    ? otherwise
    : labels
        .split(', ')
        .map((label) => `{{${label}}}`)
        .join(' ');

/** A gauge of all replicas, added up. */
export const sum = (metric: string, labels = '', where = ''): Query => ({
  expr: `sum ${by(labels)}(${metric}${selector(where)})`,
  legend: legendOf(labels, metric.replace('relais_', '')),
});

export const max = (metric: string, labels = '', where = ''): Query => ({
  expr: `max ${by(labels)}(${metric}${selector(where)})`,
  legend: legendOf(labels, 'highest'),
});

export const min = (metric: string, labels = '', where = ''): Query => ({
  expr: `min ${by(labels)}(${metric}${selector(where)})`,
  legend: legendOf(labels, 'lowest'),
});

/** A counter, as how much each second. */
export const rate = (metric: string, labels = '', where = ''): Query => ({
  expr: `sum ${by(labels)}(rate(${metric}${selector(where)}[$__rate_interval]))`,
  legend: legendOf(labels, 'all'),
});

/** How much a counter grew in the time that is shown. */
export const growth = (metric: string, labels = '', where = ''): Query => ({
  expr: `sum ${by(labels)}(increase(${metric}${selector(where)}[$__range]))`,
  legend: legendOf(labels, 'all'),
});

/** Half, and all but one in a hundred, were as quick as this. */
export const quantiles = (histogram: string, labels = '', where = ''): Query[] =>
  [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (${['le', labels].filter(Boolean).join(', ')}) (rate(${histogram}_bucket${selector(where)}[$__rate_interval])))`,
    legend: `${legendOf(labels, '')} ${quantile * 100} %`.trim(),
  }));

/** A query as it is; `$S` stands for the labels of the release. */
export const query = (expr: string, legend: string): Query => ({ expr: expr.replaceAll('$S', CHOSEN), legend });

type Queries = readonly (Query | Query[])[];
const panel =
  (kind: Panel['kind']) =>
  (title: string, unit: Unit, description: string, ...queries: Queries): Panel => ({
    ...{ title, unit, description, kind },
    queries: queries.flat(),
  });

export const graph = panel('timeseries');
export const stat = panel('stat');
export const table = panel('table');

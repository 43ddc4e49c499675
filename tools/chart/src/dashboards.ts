/** What is looked at of a dashboard's JSON. */
export interface Dashboard {
  uid: string;
  templating: { list: { name: string }[] };
  panels: {
    type: string;
    title: string;
    description?: string;
    datasource?: { uid: string };
    fieldConfig?: { defaults: { unit: string } };
    gridPos: { x: number; y: number; w: number; h: number };
    targets?: { expr: string }[];
  }[];
}

/** What a dashboard asks Prometheus. */
export const expressionsOf = ({ panels }: Dashboard): string[] =>
  panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** The metrics and recorded rules of an expression, a histogram by its own name. */
export const metricsIn = (expression: string): string[] =>
  [...expression.replaceAll(/"[^"]*"/g, '""').matchAll(/\b(?:relais[_:]|nodejs_|process_)[\w:]+/g)].map(([name]) =>
    name.replace(/_(bucket|count|sum)$/, ''),
  );

/** As Grafana asks for all of one release. */
export const withoutVariables = (expression: string, namespace = 'relais'): string =>
  expression
    .replaceAll('$namespace', namespace)
    .replaceAll('$release', '.*')
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h');

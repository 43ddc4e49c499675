import { permissionsOf, type ServiceName, SERVICES } from '@relais/contracts';
import type { Page } from '../page.js';
import { dashboardPages } from './dashboards/pages.js';
import { natsUsers } from './nats-users.js';
import { chartServices } from './services.js';
import { valuesSchema } from './values-schema.js';

const CHART = 'charts/relais';

/** By one blank a level: a chart has to be small, and a change to be seen line by line. */
const page = (name: string, value: unknown): Page => ({
  path: `${CHART}/${name}`,
  text: `${JSON.stringify(value, null, 1)}\n`,
});

/** What of the chart follows from the services: the schema of its values, what they need, what they may say on NATS, its own or another; and its dashboards. */
export const chartPages = async (): Promise<Page[]> => {
  const services = await chartServices();
  const facts = services.map(({ name, database, redis, public: isPublic }) => [
    name,
    { database, redis, public: isPublic },
  ]);
  const permissions = (Object.keys(SERVICES) as ServiceName[]).toSorted().map((name) => {
    const { publish, subscribe } = permissionsOf(name);
    return [name, { publish: [...new Set(publish)].sort(), subscribe: [...new Set(subscribe)].sort() }] as const;
  });
  const may = Object.fromEntries(permissions);
  return [
    page('values.schema.json', valuesSchema(services)),
    page('files/services.json', Object.fromEntries(facts)),
    page('files/nats-permissions.json', may),
    natsUsers(may),
    ...dashboardPages(),
  ];
};

import { type Permissions, SERVICES, type ServiceName, permissionsOf } from '@relais/contracts';
import { code, document, table } from './markdown.js';
import { type Page, jsonPage, page } from './page.js';

const services = Object.keys(SERVICES).sort() as ServiceName[];

const sorted = ({ publish, subscribe }: Permissions): Permissions => ({
  publish: [...new Set(publish)].sort(),
  subscribe: [...new Set(subscribe)].sort(),
});

const rowsOf = (subjects: readonly string[]): string =>
  table(
    ['subject'],
    subjects.map((subject) => [code(subject)]),
  );

/** What each service's NATS user may say and hear, for the server's configuration and for people. */
export const natsPermissions = (): Page[] => {
  const permissions = services.map((service) => [service, sorted(permissionsOf(service))] as const);
  const sections = permissions.flatMap(([service, { publish, subscribe }]) => [
    `## ${service}`,
    `Publishes:`,
    rowsOf(publish),
    `Subscribes:`,
    rowsOf(subscribe),
  ]);
  return [
    jsonPage('nats-permissions.json', Object.fromEntries(permissions)),
    page(
      'nats-permissions.md',
      document(
        'NATS permissions',
        'Each service has a NATS user of its own. What is not listed is denied; a service may also answer the requests it gets. `nats-permissions.json` says the same to machines.',
        ...sections,
      ),
    ),
  ];
};

import type { Permissions } from '@relais/contracts';
import type { Page } from '../page.js';

/** Where public keys of the users are, in the namespace of NATS: k8s/production/README.md makes it. */
const SECRET = 'relais-nats-users';

const variable = (service: string): string => `${service.toUpperCase()}_NKEY`;

/** The users of an external NATS, as values of its own chart, which writes `<< $NAME >>` without quotes: a variable of the server. */
export function natsUsers(permissions: Readonly<Record<string, Permissions>>): Page {
  const users = Object.entries(permissions).map(([service, { publish, subscribe }]) => ({
    nkey: `<< $${variable(service)} >>`,
    permissions: {
      publish: { allow: publish },
      subscribe: { allow: subscribe },
      allow_responses: { max: 1, expires: '1m' },
    },
  }));
  const env = Object.keys(permissions).map((service) => [
    variable(service),
    { valueFrom: { secretKeyRef: { name: SECRET, key: variable(service) } } },
  ]);
  const values = { config: { merge: { authorization: { users } } }, container: { env: Object.fromEntries(env) } };
  return { path: 'k8s/production/nats-users.json', text: `${JSON.stringify(values, null, 1)}\n` };
}

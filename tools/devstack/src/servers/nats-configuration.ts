import { fromSeed } from '@nats-io/nkeys';
import { type Permissions, permissionsOf } from '@relais/contracts';
import { ADMIN, SERVICE_NAMES } from '../secrets.js';

export interface NatsSettings {
  host: string;
  port: number;
  /** Directory of JetStream's files. */
  store: string;
  /** By user: each service, and `admin`. */
  seeds: Readonly<Record<string, string>>;
}

/** The configuration of a NATS server whose users may do what the contracts say, and nothing else. */
export function natsConfiguration({ host, port, store, seeds }: NatsSettings): string {
  const users = SERVICE_NAMES.map((service) => user(publicKey(seeds, service), permissionsOf(service)));
  return `host: "${host}"
port: ${port}
max_payload: 1MB
write_deadline: "2s"
ping_interval: "20s"
jetstream { store_dir: ${JSON.stringify(store)} }
authorization {
  users = [
${users.join('\n')}
    { nkey: ${publicKey(seeds, ADMIN)} }
  ]
}
`;
}

/** An answer is allowed for one request each, for as long as anybody may wait for it. */
const user = (nkey: string, { publish, subscribe }: Permissions) => `    {
      nkey: ${nkey}
      permissions {
        publish { allow: ${JSON.stringify(publish)} }
        subscribe { allow: ${JSON.stringify(subscribe)} }
        allow_responses { max: 1, expires: "1m" }
      }
    }`;

function publicKey(seeds: Readonly<Record<string, string>>, name: string): string {
  const seed = seeds[name];
  if (!seed) throw new Error(`there is no NATS key for ${name}`);
  return fromSeed(new TextEncoder().encode(seed)).getPublicKey();
}

import { createUser } from '@nats-io/nkeys';
import { ADMIN, SERVICE_NAMES } from '../secrets.js';
import { natsConfiguration } from './nats-configuration.js';

const seed = () => new TextDecoder().decode(createUser().getSeed());
const seeds = Object.fromEntries([...SERVICE_NAMES, ADMIN].map((user) => [user, seed()]));

describe('the configuration of NATS', () => {
  it('names every service by its public key and holds no secret', () => {
    const text = natsConfiguration({ host: '127.0.0.1', port: 4_222, store: '/data', seeds });

    expect(text.match(/nkey: U[A-Z0-9]{55}/g)).toHaveLength(SERVICE_NAMES.length + 1);
    for (const secret of Object.values(seeds)) expect(text).not.toContain(secret);
  });

  it('is not written when a service has no key', () => {
    const { auth: _, ...incomplete } = seeds;

    expect(() => natsConfiguration({ host: '127.0.0.1', port: 4_222, store: '/data', seeds: incomplete })).toThrow(
      'auth',
    );
  });
});

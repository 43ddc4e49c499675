import { beyondBounds, type Footprint } from './footprint.js';

const before: Footprint = {
  ...{ sockets: 0, postgresConnections: 20, natsConnections: 9 },
  rss: new Map([['gateway-1', 200]]),
};
const after = (change: Partial<Footprint>): string[] => beyondBounds(before, { ...before, ...change });

describe('what a cluster holds on to', () => {
  it('may be a tenth more memory than before, and a few connections of pools', () => {
    expect(after({ postgresConnections: 30, rss: new Map([['gateway-1', 219]]) })).toEqual([]);
  });

  it('may be less, as of a replica that was started again', () => {
    expect(after({ postgresConnections: 8, rss: new Map([['gateway-1', 110]]) })).toEqual([]);
  });

  it.each([
    ['a socket', { sockets: 1 }, 'sockets 1 of 0 before'],
    ['a connection to NATS', { natsConnections: 10 }, 'natsConnections 10 of 9 before'],
    ['connections to PostgreSQL', { postgresConnections: 31 }, 'postgresConnections 31 of 20 before'],
    ['memory', { rss: new Map([['gateway-1', 221]]) }, 'gateway-1 221 MiB of 200 before'],
  ])('is too much when %s stays behind', (_, change, said) => {
    expect(after(change)).toEqual([said]);
  });
});

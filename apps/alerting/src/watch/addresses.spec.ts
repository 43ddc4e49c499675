import { ReachableAddresses } from './addresses.js';

describe('the addresses that probes may reach (A-56)', () => {
  const named = new ReachableAddresses(['mail.internal', '10.20.0.0/16', '192.168.7.7', 'fd00:1::/32', '127.0.0.1']);

  it.each([
    ['8.8.8.8', 'dns.google', true],
    ['10.1.2.3', 'mail.internal', true],
    ['10.1.2.3', 'MAIL.internal', true],
    ['10.1.2.3', 'other.internal', false],
    ['10.20.99.1', '10.20.99.1', true],
    ['192.168.7.7', 'x', true],
    ['192.168.7.8', 'x', false],
    ['fd00:1::5', 'x', true],
    ['fd00:2::5', 'x', false],
    ['127.0.0.1', 'localhost', true],
    ['127.0.0.2', 'localhost', false],
    ['::1', 'localhost', false],
    ['169.254.169.254', 'mail.internal', false],
    ['::ffff:169.254.169.254', 'mail.internal', false],
    ['fe80::1', 'mail.internal', false],
    ['::ffff:10.1.2.3', 'x', false],
    ['nonsense', 'mail.internal', false],
  ])('%s under the name %s: %s', (address, hostname, may) => {
    expect(named.mayReach(address, hostname)).toBe(may);
  });

  it('never are link-local ones, whatever is named', () => {
    const all = new ReachableAddresses(['0.0.0.0/0', '169.254.169.254', 'metadata.internal']);

    expect(all.mayReach('169.254.169.254', 'metadata.internal')).toBe(false);
    expect(all.mayReach('10.0.0.1', 'x')).toBe(true);
  });

  it('are refused at the start when they are none', () => {
    expect(() => new ReachableAddresses(['10.0.0.0/99'])).toThrow();
  });
});

import type { IncomingMessage } from 'node:http';
import { ClientAddress } from './client-address.js';

const request = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

describe('who is at the other end', () => {
  it.each([
    ['a stranger is who connects', [], '203.0.113.9', undefined, '203.0.113.9'],
    ['a stranger cannot say otherwise', [], '203.0.113.9', '192.0.2.1', '203.0.113.9'],
    ['a trusted proxy is believed', ['10.0.0.0/8'], '10.1.2.3', '192.0.2.1', '192.0.2.1'],
    ['as far as proxies are trusted', ['10.0.0.0/8'], '10.1.2.3', '6.6.6.6, 192.0.2.1, 10.9.9.9', '192.0.2.1'],
    ['and not for nonsense', ['10.0.0.0/8'], '10.1.2.3', 'me', '10.1.2.3'],
    ['IPv4 in IPv6 clothes is IPv4', ['10.0.0.1'], '::ffff:10.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['an IPv6 client is its network', [], '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['however it is written', [], '2001:db8::6', undefined, '2001:db8:0:0::/64'],
  ])('%s', (_, proxies, remote, forwarded, expected) => {
    expect(new ClientAddress(proxies).of(request(remote, forwarded))).toBe(expected);
  });
});

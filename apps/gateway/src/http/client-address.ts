import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Who is really at the other end, as far as limits are concerned. */
export class ClientAddress {
  private readonly trusted = new BlockList();

  /** @param proxies addresses and CIDR blocks whose `X-Forwarded-For` is believed */
  constructor(proxies: readonly string[]) {
    for (const proxy of proxies) {
      const [address, prefix] = proxy.split('/') as [string, string?];
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.trusted.addAddress(address, family);
      else this.trusted.addSubnet(address, Number(prefix), family);
    }
  }

  /**
   * The nearest address that is not a trusted proxy. IPv6 clients own a whole /64, so that is what is counted.
   * A client cannot choose this: what it writes into `X-Forwarded-For` stands left of what our proxies add.
   */
  of(request: IncomingMessage): string {
    const header = request.headers['x-forwarded-for'];
    const forwarded = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((hop) => hop.trim());
    let address = plain(request.socket.remoteAddress ?? '');
    while (this.isTrusted(address)) {
      const next = plain(forwarded.pop() ?? '');
      if (isIP(next) === 0) break;
      address = next;
    }
    return isIPv6(address) ? network(address) : address;
  }

  private isTrusted(address: string): boolean {
    return isIP(address) !== 0 && this.trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}

/** IPv4 clients of a dual-stack socket appear as `::ffff:192.0.2.1`. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

function network(address: string): string {
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

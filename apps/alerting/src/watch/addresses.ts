import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { isPrivateAddress } from '@relais/security';
import { ProbeFailure } from './probe-failure.js';

/** Where machines of clouds give away their secrets; nobody's mail server is there. */
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/**
 * Which addresses probes may reach: all public ones, and of the inner network those that the installation has named, by host
 * name, address or network. Link-local ones never, whatever is named.
 */
export class ReachableAddresses {
  private readonly names = new Set<string>();
  private readonly networks = new BlockList();

  /** @throws Error for what is neither a name, an address nor a network */
  constructor(allowed: readonly string[]) {
    for (const one of allowed) {
      const [address = '', prefix] = one.split('/');
      if (prefix !== undefined) this.networks.addSubnet(address, Number(prefix), familyOf(address));
      else if (isIP(address)) this.networks.addAddress(address, familyOf(address));
      else this.names.add(address.toLowerCase());
    }
  }

  mayReach(address: string, hostname: string): boolean {
    if (isIP(address) === 0 || LINK_LOCAL.check(address, familyOf(address))) return false;
    if (!isPrivateAddress(address)) return true;
    return this.names.has(hostname.toLowerCase()) || this.networks.check(address, familyOf(address));
  }

  /**
   * The address to connect to: the name is looked up once and looked at, so that it cannot lead elsewhere afterwards.
   *
   * @throws ProbeFailure
   */
  async find(hostname: string): Promise<string> {
    const found = isIP(hostname) ? [hostname] : await addressesOf(hostname);
    if (!found.every((address) => this.mayReach(address, hostname)))
      throw new ProbeFailure('forbidden_address', `${hostname} is an address that probes may not reach`);
    return found[0] as string;
  }
}

async function addressesOf(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true }).catch((error: unknown) => {
    throw new ProbeFailure('unresolvable', `there is no host ${hostname}`, error);
  });
  return found.map(({ address }) => address);
}

import { isIP } from 'node:net';
import { isPrivateAddress } from '@relais/security';

/**
 * Which addresses people may have us send to. What can be seen here is refused here, so that they learn why; a name that leads
 * to an inner network is found when something is sent, by the address that is connected to.
 */
export class NamedUrls {
  /** @param privateHosts hosts of the inner network that may be named all the same: a push server of one's own, say */
  constructor(private readonly privateHosts: readonly string[]) {}

  mayBeNamed(url: string): boolean {
    const { hostname, username, password } = new URL(url);
    if (username || password) return false;
    const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    if (this.privateHosts.includes(host)) return true;
    if (isIP(host)) return !isPrivateAddress(host);
    return host.includes('.') && !/\.(localhost|local|internal|arpa)$/.test(host);
  }
}

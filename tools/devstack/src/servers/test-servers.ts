import { existsSync } from 'node:fs';
import { canInstall, installPackages } from './apt.js';

/** Servers that only tests need and start themselves: where each is, and the Debian packages that it comes in. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  '/usr/sbin/slapd': ['slapd', 'ldap-utils'],
  '/usr/sbin/samba': ['samba-ad-dc', 'samba-ad-provision', 'iproute2', 'openssl'],
  '/usr/bin/prometheus': ['prometheus'],
  '/usr/bin/prometheus-alertmanager': ['prometheus-alertmanager'],
};

/**
 * OpenLDAP, Samba as an Active Directory, Prometheus and its Alertmanager. Where they cannot be installed those tests say so.
 */
export function ensureTestServers(say: (line: string) => void): void {
  const missing = Object.entries(NEEDED).flatMap(([path, packages]) => (existsSync(path) ? [] : packages));
  if (missing.length > 0 && canInstall()) installPackages(missing, say);
}

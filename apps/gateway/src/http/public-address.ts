/** Under which addresses clients reach this gateway: what they sign has to name one of them. */
export class PublicAddress {
  private readonly bases: readonly URL[];

  /** @param urls base addresses as clients know them; with none, whatever host a request names is believed to be ours */
  constructor(urls: readonly string[]) {
    this.bases = urls.map((url) => new URL(url));
  }

  /**
   * Whether an address (a proof's `htu`) is that of a request to `target` at `host` (its Host header). Query and fragment
   * do not count (RFC 9449, 4.3).
   */
  isOf(address: URL, target: string, host: string | undefined): boolean {
    if (address.username !== '' || address.password !== '') return false;
    const [path = ''] = target.split(/[?#]/, 1);
    const bases = this.bases.length > 0 ? this.bases : named(host, address.protocol);
    return bases.some(
      (base) => address.origin === base.origin && address.pathname === pathname(withoutSlash(base.pathname) + path),
    );
  }
}

/** Who ends TLS before us is not known, so either scheme may be right. */
function named(host: string | undefined, protocol: string): URL[] {
  if (host === undefined || (protocol !== 'https:' && protocol !== 'http:')) return [];
  const base = `${protocol}//${host}`;
  return URL.canParse(base) ? [new URL(base)] : [];
}

const withoutSlash = (path: string): string => path.replace(/\/+$/, '');
/** Written as the URL standard has it, like the path that it is compared with. */
const pathname = (path: string): string => new URL(`http://x${path}`).pathname;

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Whether what is said to this address is said over TLS, or does not leave the machine. */
export function isLoopbackOrHttps(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}

import { PublicAddress } from './public-address.js';

describe('the address that a proof names', () => {
  const is = (urls: string[], address: string, target = '/v1/me', host: string | undefined = 'chat.example.org') =>
    new PublicAddress(urls).isOf(new URL(address), target, host);

  it.each([
    'https://chat.example.org/v1/me',
    'http://chat.example.org/v1/me',
    'https://chat.example.org:443/v1/me?x=1#y',
  ])('is ours when nothing is configured and the host is the one that was asked: %s', (address) =>
    expect(is([], address, '/v1/me?limit=1')).toBe(true),
  );

  it.each([
    ['https://evil.example/v1/me', '/v1/me', 'chat.example.org'],
    ['https://chat.example.org/v1/sessions', '/v1/me', 'chat.example.org'],
    ['https://chat.example.org/v1/me/', '/v1/me', 'chat.example.org'],
    ['https://chat.example.org:8443/v1/me', '/v1/me', 'chat.example.org'],
    ['https://user@chat.example.org/v1/me', '/v1/me', 'chat.example.org'],
    ['ftp://chat.example.org/v1/me', '/v1/me', 'chat.example.org'],
    ['https://chat.example.org/v1/me', '/v1/me', undefined],
    ['https://chat.example.org/v1/me', '/v1/me', 'chat.example.org/..@evil'],
  ])('is not ours: %s (A-48)', (address, target, host) => {
    expect(new PublicAddress([]).isOf(new URL(address), target, host)).toBe(false);
  });

  it('is one of those that are configured, whatever the host header says', () => {
    const urls = ['https://chat.example.org/', 'https://intranet.example/relais'];

    expect(is(urls, 'https://chat.example.org/v1/me', '/v1/me', 'gateway:8080')).toBe(true);
    expect(is(urls, 'https://intranet.example/relais/v1/me', '/v1/me', 'gateway:8080')).toBe(true);
    expect(is(urls, 'http://chat.example.org/v1/me', '/v1/me', 'chat.example.org')).toBe(false);
    expect(is(urls, 'https://gateway:8080/v1/me', '/v1/me', 'gateway:8080')).toBe(false);
  });

  it('is compared as the URL standard writes it', () => {
    expect(is([], 'https://CHAT.example.org/v1/users/%2e%2e%2fx', '/v1/users/%2e%2e%2fx')).toBe(true);
  });
});

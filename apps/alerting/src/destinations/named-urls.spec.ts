import { NamedUrls } from './named-urls.js';

const urls = new NamedUrls(['127.0.0.1', 'ntfy.hospital.internal']);

describe('addresses that people have us send to', () => {
  it.each([
    'https://10.1.2.3/x',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://[fd00::1]:8443/x',
    'https://0x7f.2/x',
    'https://2130706434/x',
    'https://localhost/x',
    'https://relais-auth/x',
    'https://db.internal/x',
    'https://db.internal./x',
    'https://printer.local/x',
    'https://user:secret@push.example/x',
  ])('are not %s, which only machines of ours know', (url) => {
    expect(urls.mayBeNamed(url)).toBe(false);
  });

  it.each([
    'https://fcm.googleapis.com/fcm/send/x',
    'https://updates.push.services.mozilla.com/wpush/v2/x',
    'https://203.0.113.7/x',
    'https://ntfy.hospital.internal/x',
    'http://127.0.0.1:8080/x',
  ])('are %s, on the internet or named by the installation', (url) => {
    expect(urls.mayBeNamed(url)).toBe(true);
  });
});

import { silentLog } from '@relais/observability';
import { TestKekFile } from '@relais/testing';
import { FileKeyProvider } from './key-provider.file.js';
import { openSystem, resealSystem, sealSystem } from './system-secret.js';

const place = ['signing_key', 'kid-1'];
let file: TestKekFile;
let provider: FileKeyProvider;
beforeEach(async () => {
  file = await TestKekFile.create();
  provider = await FileKeyProvider.open(file.path, silentLog, 60_000);
});
afterEach(async () => {
  provider.close();
  await file.remove();
});

describe('a secret of the system', () => {
  it('opens where it was sealed and nowhere else', async () => {
    const sealed = await sealSystem(provider, place, 'private key');

    expect((await openSystem(provider, place, sealed)).toString()).toBe('private key');
    expect(sealed.includes('private key')).toBe(false);
    await expect(openSystem(provider, ['signing_key', 'kid-2'], sealed)).rejects.toMatchObject({
      code: 'decrypt_failed',
    });
  });

  it('does not open when a byte was changed or is missing', async () => {
    const sealed = await sealSystem(provider, place, 'private key');

    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(openSystem(provider, place, changed)).rejects.toMatchObject({ kind: 'internal' });
      await expect(openSystem(provider, place, sealed.subarray(0, at))).rejects.toMatchObject({
        code: 'decrypt_failed',
      });
    }
  });

  it('is sealed again after a rotation, once, and then does without the old version', async () => {
    const sealed = await sealSystem(provider, place, 'private key');
    expect(await resealSystem(provider, place, sealed)).toBeNull();
    await file.rotate(2);
    await provider.health();

    const again = (await resealSystem(provider, place, sealed)) as Buffer;
    await file.drop(1);
    await provider.health();

    expect((await openSystem(provider, place, again)).toString()).toBe('private key');
    expect(await resealSystem(provider, place, again)).toBeNull();
    await expect(openSystem(provider, place, sealed)).rejects.toMatchObject({ code: 'kek_version_unknown' });
  });
});

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevice } from './device-file.js';

describe('the device file', () => {
  it('keeps one device, for its owner only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'relais-device-'));
    const path = join(folder, 'devices', 'alice.json');

    const [first, again] = [await openDevice(path), await openDevice(path)];

    expect(again.id).toBe(first.id);
    expect(again.key.publicKey).toEqual(first.key.publicKey);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
  });
});

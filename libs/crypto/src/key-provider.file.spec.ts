import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { newId, type OrganizationId } from '@relais/kernel';
import { type LogFields, silentLog } from '@relais/observability';
import { TestKekFile } from '@relais/testing';
import { until } from './until.contract.js';
import { FileKeyProvider } from './key-provider.file.js';

const organizationId = newId<OrganizationId>();
const opened: FileKeyProvider[] = [];
let file: TestKekFile;

const open = async (pollIntervalMs = 60_000, log = silentLog) => {
  const provider = await FileKeyProvider.open(file.path, log, pollIntervalMs);
  opened.push(provider);
  return provider;
};

beforeEach(async () => {
  file = await TestKekFile.create();
});
afterEach(async () => {
  opened.splice(0).forEach((provider) => provider.close());
  await file.remove();
});

describe('key encryption keys from a file', () => {
  it('unwraps what it wrapped', async () => {
    const provider = await open();
    const dek = randomBytes(32);
    const wrapping = await provider.wrap(organizationId, 'key-1', dek);

    expect(wrapping.kekVersion).toBe(1);
    expect(wrapping.wrapped.includes(dek)).toBe(false);
    expect(await provider.unwrap(organizationId, 'key-1', wrapping)).toEqual(dek);
  });

  it('unwraps for no other organization, key id or version, and nothing that was changed', async () => {
    await file.rotate(2);
    const provider = await open();
    const wrapping = await provider.wrap(organizationId, 'key-1', randomBytes(32));
    const changed = Buffer.from(wrapping.wrapped);
    changed[20] = (changed[20] ?? 0) ^ 1;

    const failed = { kind: 'internal', code: 'decrypt_failed' };
    await expect(provider.unwrap(newId<OrganizationId>(), 'key-1', wrapping)).rejects.toMatchObject(failed);
    await expect(provider.unwrap(organizationId, 'key-2', wrapping)).rejects.toMatchObject(failed);
    await expect(provider.unwrap(organizationId, 'key-1', { ...wrapping, kekVersion: 1 })).rejects.toMatchObject(
      failed,
    );
    await expect(provider.unwrap(organizationId, 'key-1', { ...wrapping, wrapped: changed })).rejects.toMatchObject(
      failed,
    );
    await expect(
      provider.unwrap(organizationId, 'key-1', { ...wrapping, wrapped: Buffer.alloc(0) }),
    ).rejects.toMatchObject(failed);
  });

  it('finds a version that came into the file meanwhile, without waiting for the next look', async () => {
    const behind = await open();
    await file.rotate(2);
    const ahead = await open();
    const dek = randomBytes(32);
    const wrapping = await ahead.wrap(organizationId, 'key-1', dek);

    expect(wrapping.kekVersion).toBe(2);
    expect(await behind.unwrap(organizationId, 'key-1', wrapping)).toEqual(dek);
    expect(await behind.activeVersion()).toBe(2);
  });

  it('follows the file by itself', async () => {
    const provider = await open(10);
    await file.rotate(2);

    await until(async () => (await provider.activeVersion()) === 2);
  });

  it('says which version is missing when it was dropped too early', async () => {
    const provider = await open();
    const wrapping = await provider.wrap(organizationId, 'key-1', randomBytes(32));
    await file.rotate(2);
    await file.drop(1);
    const restarted = await open();

    await expect(restarted.unwrap(organizationId, 'key-1', wrapping)).rejects.toMatchObject({
      code: 'kek_version_unknown',
      message: expect.stringContaining('put the key of version 1 back'),
    });
  });

  it('keeps the keys it has when the file disappears or breaks, and is not healthy until it is right again', async () => {
    const lines: LogFields[] = [];
    const provider = await open(60_000, { ...silentLog, error: (line) => void lines.push(line) });
    const wrapping = await provider.wrap(organizationId, 'key-1', randomBytes(32));

    await rm(file.path);
    await expect(provider.health()).rejects.toMatchObject({ code: 'kek_file_missing' });
    await file.save('{"active":');
    await expect(provider.health()).rejects.toMatchObject({ code: 'kek_file_invalid' });
    await expect(provider.health()).rejects.toMatchObject({ code: 'kek_file_invalid' });
    expect(await provider.unwrap(organizationId, 'key-1', wrapping)).toHaveLength(32);
    await file.save();
    await expect(provider.health()).resolves.toBeUndefined();

    expect(lines.map((line) => line.code)).toEqual(['kek_file_missing', 'kek_file_invalid']);
  });

  it.each([
    ['a version changes its bytes', (other: TestKekFile['content']) => (file.content.keys = other.keys), 'new version'],
    [
      'the index key changes',
      (other: TestKekFile['content']) => (file.content.index = other.index),
      'must stay the same',
    ],
  ])('refuses a file in which %s', async (_, change, advice) => {
    const provider = await open();
    const other = await TestKekFile.create();
    await other.remove();
    change(other.content);
    await file.save();

    await expect(provider.health()).rejects.toMatchObject({
      code: 'kek_file_invalid',
      message: expect.stringContaining(advice),
    });
  });

  it('keeps the index key of an organization over rotations, and apart from those of others', async () => {
    const before = await (await open()).indexKey(organizationId);
    await file.rotate(2);
    await file.drop(1);
    const provider = await open();

    expect(await provider.indexKey(organizationId)).toEqual(before);
    expect(await provider.indexKey(newId<OrganizationId>())).not.toEqual(before);
  });
});

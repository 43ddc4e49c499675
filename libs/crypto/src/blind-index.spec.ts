import { newId, type OrganizationId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { TestKekFile } from '@relais/testing';
import { BlindIndex } from './blind-index.js';
import { FileKeyProvider } from './key-provider.file.js';

const organizationId = newId<OrganizationId>();
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

describe('the blind index', () => {
  it.each([
    ['email', ' Ada@Example.ORG ', 'ada@example.org'],
    ['phone', '+49 (30) 123-456', '+4930123456'],
    ['external_id', 'Zoe\u0308', 'Zo\u00eb'],
  ] as const)('finds spellings of the same %s', async (field, spelled, plain) => {
    const index = new BlindIndex(provider);

    expect(await index.digest(organizationId, field, spelled)).toEqual(
      await index.digest(organizationId, field, plain),
    );
  });

  it('gives one value different digests in other fields and organizations', async () => {
    const index = new BlindIndex(provider);
    const digests = await Promise.all([
      index.digest(organizationId, 'email', '4930123456'),
      index.digest(organizationId, 'phone', '4930123456'),
      index.digest(organizationId, 'external_id', '4930123456'),
      index.digest(newId<OrganizationId>(), 'email', '4930123456'),
    ]);

    expect(new Set(digests.map((digest) => digest.toString('hex'))).size).toBe(4);
    expect(digests[0]).toHaveLength(32);
  });

  it('gives many values at once the digests that each has alone', async () => {
    const index = new BlindIndex(provider);
    const alone = [
      await index.digest(organizationId, 'name_beginning', 'an'),
      await index.digest(organizationId, 'name_beginning', 'ann'),
    ];

    expect(await index.digests(organizationId, 'name_beginning', ['an', 'ann'])).toEqual(alone);
    expect(await index.digests(organizationId, 'name_beginning', [])).toEqual([]);
  });

  it('stays the same over a KEK rotation', async () => {
    const index = new BlindIndex(provider);
    const before = await index.digest(organizationId, 'email', 'ada@example.org');
    await file.rotate(2);
    await file.drop(1);
    await provider.health();

    expect(await index.digest(organizationId, 'email', 'ada@example.org')).toEqual(before);
  });
});

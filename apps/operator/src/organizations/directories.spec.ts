import { eventually } from '../../test/eventually.js';
import { SECRETS } from '../../test/objects-world.js';
import { OrganizationWorld } from '../../test/organization-world.js';
import { ownServers } from '../../test/own-servers.js';
import { TestTerm } from '../../test/test-term.js';

const MERGE = 'application/merge-patch+json';
const staff = { name: 'staff', urls: ['ldaps://dir.example'], people: { base: 'ou=people,dc=example' } };
const bound = { ...staff, bindDn: 'cn=reader', bindPasswordRef: { name: 'staff-reader', key: 'password' } };
const servers = ownServers();
afterAll(() => servers.close());

describe('the directories of an organization', () => {
  let world: OrganizationWorld;
  beforeEach(async () => {
    world = await OrganizationWorld.open(servers);
  });
  afterEach(() => world.close());

  const begin = (...directories: object[]) => world.make('acme', { directories });
  const only = () => [...world.own.directories.values()][0];
  const secretIs = (text: string) => ({ data: { password: Buffer.from(text).toString('base64') } });
  const makeSecret = (text: string) =>
    world.ask('POST', SECRETS, {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'staff-reader' }, ...secretIs(text) },
    });
  const puts = () => world.own.log.filter((line) => line.startsWith('put'));
  const changed = (more: object) => {
    const found = only()!;
    world.own.directories.set(found.id, { ...found, settings: { ...found.settings, ...more } });
  };
  const read = async () => {
    const { status } = await world.read('acme');
    return status.conditions?.find(({ type }: { type: string }) => type === 'DirectoriesRead');
  };

  it('are put as they are said, hourly, with the password of the Secret that is named, once, also by the next leader', async () => {
    await makeSecret('s3cret\n');
    const first = world.lead();
    await begin(bound);
    await world.becomes('AsSaid', 'acme');
    await first.end();
    world.lead(new TestTerm(2));
    await world.looks();

    expect(puts()).toEqual(['put staff']);
    expect(only()).toMatchObject({
      settings: { name: 'staff', urls: staff.urls, bindDn: 'cn=reader', everyMinutes: 60, passwordLogin: false },
      bindPassword: 's3cret',
    });
    const { status } = await world.read('acme');
    expect(status.directories).toMatchObject([{ name: 'staff', id: only()?.id }]);
    expect(JSON.stringify(status)).not.toContain('s3cret');
  });

  it('get another password when the Secret has one, and wait for one that is not there, and for each other not at all', async () => {
    world.lead();
    await begin(bound, { ...staff, name: 'other' });
    await world.becomes('SecretMissing', 'acme');
    expect(puts()).toEqual(['put other']);

    await makeSecret('old');
    await world.becomes('AsSaid', 'acme');
    const found = () => [...world.own.directories.values()].find(({ settings }) => settings.name === 'staff');
    expect(found()?.bindPassword).toBe('old');
    await world.ask('PATCH', `${SECRETS}/staff-reader`, secretIs('new'), MERGE);
    await eventually(() => found()?.bindPassword === 'new');
  });

  it('are said again where somebody has changed them, but for whom they never put out', async () => {
    world.lead();
    await begin(staff);
    await world.becomes('AsSaid', 'acme');
    changed({ protectedUserIds: ['0190b5c4-5a8e-7c3d-9a55-3f1f0f2b7e11'] });
    await world.looks();
    expect(puts()).toEqual(['put staff']);

    changed({ passwordLogin: true });
    await eventually(() => only()?.settings.passwordLogin === false);
    expect(only()?.settings.protectedUserIds).toHaveLength(1);
  });

  it('are switched off and not deleted when they are named no more, and on again under the same id', async () => {
    world.lead();
    await begin(staff);
    await world.becomes('AsSaid', 'acme');
    const { id } = only()!;
    await world.change('acme', { directories: null });
    await eventually(() => only()?.settings.enabled === false);
    changed({ enabled: true, passwordLogin: true, brake: { percent: 100, people: 100_000 }, everyMinutes: 5 });
    await eventually(() => only()?.settings.enabled === false);
    expect(only()?.settings).toMatchObject({ passwordLogin: false, brake: { percent: 10, people: 50 } });
    expect(only()?.settings.everyMinutes).toBe(60);
    await world.remove('acme');
    await begin(staff);
    await eventually(() => only()?.settings.enabled === true);

    expect([...world.own.directories.keys()]).toEqual([id]);
  });

  it('tell how their last run went', async () => {
    world.lead();
    await begin(staff);
    await world.becomes('AsSaid', 'acme');
    expect(await read()).toMatchObject({ status: 'True' });
    const ran = (state: 'stopped' | 'failed' | 'applied') => {
      const counts = {
        seen: 90,
        isWhole: true,
        creates: 0,
        updates: 0,
        disables: 12,
        enables: 0,
        raises: 0,
        applied: 0,
      };
      const lastRun = { ...counts, problems: 0, id: only()!.id as never, state, startedAt: new Date().toISOString() };
      world.own.directories.set(only()!.id, { ...only()!, people: 90, lastRun });
    };

    ran('stopped');
    await eventually(async () => (await read()).reason === 'RunStopped');
    const { status } = await world.read('acme');
    expect(status.directories).toMatchObject([{ people: 90, lastRun: { state: 'stopped', disables: 12 } }]);
    ran('failed');
    await eventually(async () => (await read()).reason === 'RunFailed');
    ran('applied');
    await eventually(async () => (await read()).reason === 'Read');
  });
});

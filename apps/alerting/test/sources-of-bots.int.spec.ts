import {
  type AlarmSourceSettings,
  alarmSourceSettings,
  type Audience,
  escalationPolicy,
  type Scope,
} from '@relais/contracts';
import { rows } from '@relais/database';
import { AppError, newId, type UserId } from '@relais/kernel';
import { alert, message, SourcesWorld } from './sources-world.js';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'ok',
    (error: unknown) => AppError.from(error).code,
  );

const START_MS = 30_000;
const SCOPES: Scope[] = ['alarm-sources:write'];

describe('a source of alarms that a bot makes', () => {
  let world: SourcesWorld;
  let operator: ReturnType<typeof asBot>;
  let policyId: string;
  let onCall: UserId;

  beforeEach(async () => {
    world = await SourcesWorld.open();
    operator = asBot();
    onCall = world.engine.person();
    policyId = newId();
    const steps = [{ targets: [{ kind: 'user', userId: onCall }], waitSeconds: 60 }];
    const policy = escalationPolicy.parse({ name: 'Night', steps });
    await world.engine.policies.put({ policyId: policyId as never, policy }, world.context);
    // Nothing that a bot may do is asked of auth: it has no permissions there.
    world.engine.bus.permissions = [];
  }, START_MS);
  afterEach(() => world.close());

  const asBot = (scopes = SCOPES) => ({
    principal: { ...world.engine.principal(newId<UserId>()), scopes },
    isAbandoned: () => false,
  });
  const someAudience = (more: Partial<Audience>) =>
    ({
      userIds: [],
      poolIds: [],
      everyone: false,
      rosterIds: [],
      roles: [],
      qualificationIds: [],
      ...more,
    }) as Audience;
  const settings = (more: object = {}) =>
    alarmSourceSettings.parse({ kind: 'alertmanager', name: 'Cluster', raises: { policyId }, ...more });
  const put = (by: typeof operator, sourceId: string = newId(), given: AlarmSourceSettings = settings()) =>
    world.manage.put({ sourceId: sourceId as never, settings: given }, by);
  const rotate = (by: typeof operator, sourceId: string) =>
    world.manage.rotate({ sourceId: sourceId as never, overlapSeconds: 0 }, by);
  const idsSeenBy = async (by: typeof operator) =>
    (await world.manage.list({}, by)).items.map(({ id }) => id as string);
  const asPerson = () => {
    world.engine.bus.permissions = ['manage_alarms'];
    return world.context;
  };

  it('raises by its policy, and is changed, given another secret and deleted by this bot without showing it anew', async () => {
    world.engine.bus.isFresh = false;
    const { id, secret, madeBy } = await put(operator);
    const other = await rotate(operator, id);
    await put(operator, id, settings({ name: 'Renamed' }));
    const { outcome } = await world.fires(
      { sourceId: id as string, secret: String(other.secret) },
      message([alert({ alertname: 'Disk' })]),
    );
    await world.engine.equip();
    await world.engine.settle();

    expect(outcome).toBe('raised');
    expect(madeBy).toBe(operator.principal.userId);
    expect(other.secret).not.toBe(secret);
    expect((await world.engine.told('socket')).some((one) => one.startsWith(onCall))).toBe(true);
    expect((await world.manage.list({}, operator)).items).toMatchObject([{ id, settings: { name: 'Renamed' } }]);
    await world.manage.delete({ sourceId: id as string }, operator);
    expect(await idsSeenBy(operator)).toEqual([]);
  });

  it('is hidden from every other bot, which can neither change nor delete it, nor learn what it is (A-44)', async () => {
    const other = asBot();
    const theirs = (await put(other)).id as string;
    const ofPeople = (await world.manage.put({ sourceId: newId(), settings: settings() }, asPerson())).id as string;
    world.engine.bus.permissions = [];
    const heartbeat = settings({ kind: 'heartbeat', everySeconds: 60 });

    for (const id of [theirs, ofPeople]) {
      expect(await codeOf(put(operator, id))).toBe('source_id_taken');
      expect(await codeOf(put(operator, id, heartbeat))).toBe('source_id_taken');
      expect(await codeOf(rotate(operator, id))).toBe('source_not_found');
      expect(await codeOf(world.manage.delete({ sourceId: id }, operator))).toBe('source_not_found');
    }
    expect(await codeOf(rotate(operator, newId()))).toBe('source_not_found');
    expect(await codeOf(world.manage.delete({ sourceId: newId() }, operator))).toBe('source_not_found');
    expect(await idsSeenBy(operator)).toEqual([]);
    expect(await idsSeenBy(other)).toEqual([theirs]);
  });

  it('is seen with its maker, changed and deleted by people who manage alarms, and stays the bot’s', async () => {
    const { id } = await put(operator);
    await world.manage.put({ sourceId: id, settings: settings({ name: 'Ours' }) }, asPerson());

    const maker = operator.principal.userId;
    expect((await world.manage.list({}, world.context)).items).toMatchObject([{ id, madeBy: maker }]);
    expect(await idsSeenBy(operator)).toEqual([id]);
    await world.manage.delete({ sourceId: id as string }, world.context);
    expect(await idsSeenBy(operator)).toEqual([]);
  });

  it('reaches people by a policy alone: whom alarms reach is decided by people (A-44)', async () => {
    const near = { latitude: 52.5, longitude: 13.4, meters: 500 };
    const audiences: Partial<Audience>[] = [
      ...[{ everyone: true }, { userIds: [onCall] }, { poolIds: [newId<never>()] }, { rosterIds: [newId<never>()] }],
      ...[{ roles: ['night'] }, { qualificationIds: [newId<never>()] }, { near: near as never }],
    ];
    const refused: AlarmSourceSettings[] = [
      settings({ raises: {} }),
      settings({ kind: 'heartbeat', everySeconds: 60, raises: {} }),
      ...audiences.flatMap((audience) => {
        const given = {
          ...settings(),
          routes: [{ when: [{ label: 'a', is: ['b'] }], audience: someAudience(audience) }],
        };
        const raises = { ...settings().raises, audience: someAudience(audience) };
        return [given as AlarmSourceSettings, { ...settings(), raises } as AlarmSourceSettings];
      }),
    ];

    for (const one of refused) expect(await codeOf(put(operator, newId(), one))).toBe('policy_required');
    expect(await codeOf(put(operator, newId(), settings({ raises: { policyId: newId() } })))).toBe('policy_not_found');
    const routes = [{ when: [{ label: 'a', is: ['b'] }], policyId, severity: 'emergency' }];
    expect(await codeOf(put(operator, newId(), settings({ routes })))).toBe('ok');
  });

  it('is made and changed with this scope and no other (A-44)', async () => {
    const { id } = await put(operator);
    const { principal } = operator;
    for (const scopes of [[], ['alarms:write', 'people:read']] as Scope[][]) {
      const without = { ...operator, principal: { ...principal, scopes } };
      world.engine.bus.permissions = ['manage_alarms'];
      expect(await codeOf(put(without))).toBe('forbidden');
      expect(await codeOf(rotate(without, id))).toBe('forbidden');
      expect(await codeOf(world.manage.delete({ sourceId: id as string }, without))).toBe('forbidden');
    }
  });

  it('shows by its list that it has another secret, and not by anything else', async () => {
    const made = await put(operator);
    const id = made.id as string;
    const listed = async () => (await world.manage.list({}, operator)).items[0]?.secretId;
    const first = await listed();
    await put(operator, id, settings({ name: 'Renamed' }));
    const renamed = await listed();
    const rotated = await rotate(operator, id);

    expect([made.secretId, renamed]).toEqual([first, first]);
    expect(rotated.secretId).toBe(await listed());
    expect(rotated.secretId).not.toBe(first);
    expect(first).toMatch(/^[0-9a-f]{16}$/);
  });

  it('counts among those there may be', async () => {
    for (let at = 0; at < 100; at++) await Promise.all(Array.from({ length: 5 }, () => put(asBot())));

    expect(await codeOf(put(operator))).toBe('too_many_sources');
  });

  it('leaves facts of what the bot did (A-68)', async () => {
    const { id } = await put(operator);
    await rotate(operator, id);
    await world.manage.delete({ sourceId: id as string }, operator);
    const { database, organizationId } = world.engine;
    const found = await database.within(organizationId, (tx) =>
      rows<{ data: object }>(
        tx,
        `SELECT data::jsonb FROM outbox WHERE data::jsonb->>'action' LIKE 'alarm-source.%' ORDER BY position`,
        [],
      ),
    );

    const actor = { kind: 'bot', id: operator.principal.userId };
    expect(found.map(({ data }) => data)).toMatchObject(
      ['put', 'secret-rotated', 'deleted'].map((what) => ({ actor, action: `alarm-source.${what}`, object: { id } })),
    );
  });
});

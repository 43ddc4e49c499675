import { CLOSE_CODES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import type { Someone } from './issuer.js';
import { helloOf, newKey, someone } from './issuer.js';
import { startWorld, type World } from './world.js';

describe('the realtime edge', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld();
  });

  afterAll(() => world.close());

  const pair = (): [Someone, Someone] => {
    const alice = someone();
    return [alice, someone({ organizationId: alice.organizationId })];
  };
  const message = (text: string) => ({ id: newId(), kind: 'message', body: { text } });

  it('says ready with the heads of all conversations of the person', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    world.logs.say(group, bob.userId, 'one');

    const client = await world.join(alice);

    expect(client.frames[0]).toMatchObject({ type: 'ready', heartbeatMs: 1_000, heads: [[group, 2]] });
  });

  it.each(['direct', 'group'] as const)('acknowledges an append and shows it to everyone in a %s', async (kind) => {
    const [alice, bob] = pair();
    const id = world.logs.create(alice.organizationId, [alice.userId, bob.userId], kind);
    const [from, to] = [await world.join(alice), await world.join(bob)];

    const answer = await from.ask({ type: 'append', conversationId: id, entry: message('hello') });
    await Promise.all([to.heard(2), from.heard(2)]);

    expect(answer).toMatchObject({ type: 'answer', ok: true, data: { seq: 2, replayed: false } });
    expect(to.entries(id)).toMatchObject([{ seq: 2, senderId: alice.userId, body: { text: 'hello' } }]);
    expect(from.seqs(id)).toEqual([2]);
  });

  it('tells those who are named in one message for many, and nobody else, of another organization neither', async () => {
    const [alice, bob] = pair();
    const carol = someone({ organizationId: alice.organizationId });
    const stranger = someone();
    const clients = await Promise.all([alice, bob, carol, stranger].map((one) => world.join(one)));
    const told = { type: 'alarm_changed', alarm: { id: newId(), title: 'Everybody out' } };
    const userIds = [alice.userId, stranger.userId, newId(), bob.userId];

    world.logs.tellMany(alice.organizationId, { userIds, told });
    const rubbish = [null, {}, { userIds: 'all', told }, { userIds, told: { type: 'entry' } }, { userIds }];
    for (const message of rubbish) world.logs.tellMany(alice.organizationId, message);
    const last = { type: 'alarm', alarm: { id: newId(), title: 'the last' } };
    world.logs.tellMany(alice.organizationId, { userIds: [carol.userId, ...userIds], told: last });
    await Promise.all(clients.slice(0, 3).map((client) => client.until(({ type }) => type === 'alarm')));

    const alarms = clients.map(({ frames }) => frames.filter(({ type }) => type.startsWith('alarm')));
    expect(alarms).toEqual([[told, last], [told, last], [last], []]);
  });

  it('passes the refusal of a service on under the number of the request', async () => {
    const [alice, bob] = pair();
    const id = world.logs.create(bob.organizationId, [bob.userId]);
    const client = await world.join(alice);

    const answer = await client.ask({ type: 'append', conversationId: id, entry: message('let me in') });

    expect(answer).toMatchObject({ type: 'refusal', error: { code: 'conversation_not_found', retryable: false } });
  });

  it('shows a conversation that is new to a person who is connected, and keeps showing it', async () => {
    const [alice, bob] = pair();
    const [from, to] = [await world.join(alice), await world.join(bob)];

    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    await Promise.all([from.heard(1, group), to.heard(1, group)]);
    await pause(100);
    world.logs.say(group, alice.userId, 'welcome');
    await Promise.all([from.heard(2, group), to.heard(2, group)]);

    const direct = world.logs.create(alice.organizationId, [alice.userId, bob.userId], 'direct');
    world.logs.say(direct, bob.userId, 'psst');
    await Promise.all([from.heard(2, direct), to.heard(2, direct)]);
    expect([from.seqs(group), to.seqs(group), from.seqs(direct), to.seqs(direct)]).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it('shows nothing after the entry that takes a member out (A-43)', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const [stays, goes] = [await world.join(alice), await world.join(bob)];

    world.logs.say(group, alice.userId, 'before');
    world.logs.remove(group, bob.userId);
    for (let i = 0; i < 20; i++) world.logs.say(group, alice.userId, `after ${i}`);
    await stays.heard(23);
    await pause(50);

    expect(goes.seqs(group)).toEqual([2, 3]);
    expect(stays.seqs(group)).toEqual(Array.from({ length: 22 }, (_, i) => i + 2));
  });

  it('lets a member who comes back hear again from where they came back', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const [stays, goes] = [await world.join(alice), await world.join(bob)];

    world.logs.remove(group, bob.userId);
    world.logs.say(group, alice.userId, 'secret');
    world.logs.add(group, alice.userId, [bob.userId]);
    world.logs.say(group, alice.userId, 'welcome back');
    await Promise.all([stays.heard(5), goes.heard(5)]);

    expect(goes.seqs(group)).toEqual([2, 4, 5]);
  });

  it('shows nothing after a removal whose event was lost (A-43)', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [bob.userId, alice.userId]);
    const [stays, goes] = [await world.join(alice), await world.join(bob)];

    world.logs.remove(group, bob.userId, 'lost');
    for (let i = 0; i < 5; i++) world.logs.say(group, alice.userId, `after ${i}`);
    await Promise.all([stays.heard(7, group), goes.heard(2, group)]);
    await pause(50);

    expect(goes.seqs(group)).toEqual([2]);
    expect(stays.seqs(group)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('lets a person in whose event was lost, as soon as others hear of it', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId]);
    const [stays, comes] = [await world.join(alice), await world.join(bob)];

    world.logs.add(group, alice.userId, [bob.userId], 'lost');
    world.logs.say(group, alice.userId, 'welcome');
    await Promise.all([stays.heard(3, group), comes.heard(3, group)]);

    expect([stays.seqs(group), comes.seqs(group)]).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  it('gives every socket of a person the same, each from where it came in', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const phone = await world.join(bob);
    world.logs.say(group, alice.userId, 'two');
    await phone.heard(2, group);
    const tablet = await world.join({ ...bob });

    world.logs.say(group, alice.userId, 'three');
    await Promise.all([phone.heard(3, group), tablet.heard(3, group)]);
    await phone.close();
    world.logs.say(group, alice.userId, 'four');
    await tablet.heard(4, group);

    expect([phone.seqs(group), tablet.seqs(group)]).toEqual([
      [2, 3],
      [3, 4],
    ]);
  });

  it('fills a hole from the log, and drops doubles', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const client = await world.join(bob);

    world.logs.say(group, alice.userId, 'two', 'doubled');
    world.logs.say(group, alice.userId, 'three', 'lost');
    world.logs.say(group, alice.userId, 'four', 'lost');
    world.logs.say(group, alice.userId, 'five', 'doubled');
    await client.heard(5);

    expect(client.seqs(group)).toEqual([2, 3, 4, 5]);
  });

  it('keeps what arrives between hello and ready, once and in order', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const direct = world.logs.create(alice.organizationId, [alice.userId, bob.userId], 'direct');
    await world.join(alice);
    const client = await world.open();

    client.send(helloOf(bob, world.port, await world.tokenFor(bob)));
    let last = 1;
    for (let after = 0; after < 10; after += client.frames.length > 0 ? 1 : 0) {
      last = world.logs.say(group, alice.userId, 'group').seq;
      world.logs.say(direct, alice.userId, 'direct');
      await pause(1);
    }
    await Promise.all([client.heard(last, group), client.heard(last, direct)]);

    const ready = client.frames[0] as { type: 'ready'; heads: [string, number][] };
    expect(ready.heads).toHaveLength(2);
    for (const [id, head] of ready.heads)
      expect(client.seqs(id)).toEqual(Array.from({ length: last - head }, (_, i) => head + 1 + i));
  });

  it('collects marks and tells messaging the highest', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const client = await world.join(alice);

    for (const delivered of [1, 3, 2]) client.send({ type: 'mark', marks: [{ conversationId: group, delivered }] });
    client.send({ type: 'mark', marks: [{ conversationId: group, read: 2 }] });
    await pause(1_500);

    const told = world.logs.marks.filter(({ conversationId }) => conversationId === group);
    expect(told).toEqual([{ conversationId: group, delivered: 3, read: 2 }]);
  });

  it.each([
    ['group', 1],
    ['direct', 1],
    ['channel', 0],
  ] as const)('shows typing in a %s to the others (%d)', async (kind, times) => {
    const [alice, bob] = pair();
    const id = world.logs.create(alice.organizationId, [alice.userId, bob.userId], kind);
    const [from, to] = [await world.join(alice), await world.join(bob)];

    from.send({ type: 'typing', conversationId: id });
    await pause(300);

    expect(to.frames.filter(({ type }) => type === 'typing')).toHaveLength(times);
    expect(from.frames.filter(({ type }) => type === 'typing')).toHaveLength(0);
  });

  it('answers sync with what is missing', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    world.logs.say(group, bob.userId, 'two');
    const client = await world.join(alice);

    const answer = await client.ask({ type: 'sync', heads: [[group, 1]] });

    expect(answer).toMatchObject({ ok: true, data: { changed: [{ conversationId: group, head: 2 }], more: false } });
  });

  it('keeps organizations apart even where their conversations have the same id', async () => {
    const [alice, bob] = pair();
    const [mallory] = pair();
    const id = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const ours = world.logs.get(id);
    const client = await world.join(bob);
    const theirs = { ...ours, organizationId: mallory.organizationId };

    world.logs.byId.set(id, theirs);
    const forged = world.logs.say(id, mallory.userId, 'from elsewhere');
    world.logs.byId.set(id, ours);
    await pause(100);

    expect(forged.seq).toBe(2);
    expect(client.seqs(id)).toEqual([]);
  });

  it('tells a lost last entry in the heartbeat', async () => {
    const [alice, bob] = pair();
    const group = world.logs.create(alice.organizationId, [alice.userId, bob.userId]);
    const client = await world.join(alice);
    world.logs.say(group, bob.userId, 'two');
    await client.heard(2);

    const beat = await client.until((frame) => frame.type === 'heartbeat' && frame.heads.length > 0);

    expect(beat).toEqual({ type: 'heartbeat', heads: [[group, 2]] });
  });

  it('takes a newer token of the same session, and no other, and none without its key (A-48)', async () => {
    const [alice, bob] = pair();
    const client = await world.join(alice);

    const [hers, his] = [await world.tokenFor(alice), await world.tokenFor(bob)];

    const good = await client.ask({ ...helloOf(alice, world.port, hers), type: 'token' });
    const foreign = await client.ask({ ...helloOf(bob, world.port, his), type: 'token' });
    const stolen = await client.ask({ ...helloOf({ ...alice, key: newKey() }, world.port, hers), type: 'token' });
    const bare = await client.ask({ type: 'token', token: hers });

    expect(good).toMatchObject({ type: 'answer', ok: true });
    expect(foreign).toMatchObject({ type: 'refusal', error: { code: 'forbidden' } });
    expect(stolen).toMatchObject({ type: 'refusal', error: { code: 'invalid_dpop_proof' } });
    expect(bare).toMatchObject({ type: 'refusal', error: { code: 'proof_missing' } });
  });

  it('lets nobody in, nor go on, who has to enrol a factor first (A-25)', async () => {
    const [alice] = pair();
    const limited = await world.trusted.issuer.tokenFor(alice, { lim: 'factors' });
    const client = await world.open();
    const connected = await world.join(alice);

    client.send(helloOf(alice, world.port, limited));
    const renewed = await connected.ask({ ...helloOf(alice, world.port, limited), type: 'token' });

    expect(await client.closed).toMatchObject({
      ...{ code: CLOSE_CODES.unauthenticated.code, reason: { code: 'unauthenticated' } },
    });
    expect(client.frames).toEqual([]);
    expect(renewed).toMatchObject({ type: 'refusal', error: { code: 'factor_enrolment_required' } });
  });
});

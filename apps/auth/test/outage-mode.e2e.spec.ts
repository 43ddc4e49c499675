import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  deleteOutageKey,
  describeOutageMode,
  listOutageKeys,
  OUTAGE_KEYS,
  type OutageModeChanged,
  outageModeChanged,
  putOutageKey,
  readOutageMode,
  releaseOutageMode,
  setOutageMode,
  signedOutageSwitch,
  switchOutageMode,
} from '@relais/contracts';
import { newId } from '@relais/kernel';
import { signDeviceStatement } from '@relais/security';
import { Refusals } from '../src/facts/refusals.js';
import { as } from './factors.js';
import { factsOf } from './facts.js';
import { aMember, anOrganization, codeOf, type Member, startWorld, type World } from './world.js';

interface Key {
  id: never;
  privateKey: KeyObject;
  publicKey: string;
}

describe('outage mode', () => {
  let world: World;
  let owner: Member;

  beforeAll(async () => {
    world = await startWorld({ organizations: 20 });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    owner = await anOrganization(world);
  });

  const organizationId = () => owner.tokens.organizationId;
  const read = () => world.bus.request(readOutageMode, {}, as(owner));
  const byHand = (on: boolean) => world.bus.request(setOutageMode, { on, reason: 'By hand' }, as(owner));
  const byWatch = (on: boolean) =>
    world.bus.request(switchOutageMode, { organizationId: organizationId(), on, reason: 'Mail and sign-in are down' });
  const facts = async (action: string) => {
    await world.app.get(Refusals).settled();
    return (await factsOf(world, action)).filter((fact) => fact.organizationId === organizationId());
  };
  const events = async (): Promise<OutageModeChanged[]> => {
    const found: { data: OutageModeChanged }[] = await world.db.query(
      `SELECT o.data FROM outbox o WHERE o.subject = $1 AND o.data ->> 'organizationId' = $2 ORDER BY o.position`,
      [outageModeChanged.subject, organizationId()],
    );
    return found.map(({ data }) => data);
  };

  describe('in the hands of the watch', () => {
    it('goes on and off, once each however often it says so, on behalf of the watch', async () => {
      expect(await read()).toEqual({ on: false, automatic: true });
      for (const on of [true, true, false, false])
        expect(await byWatch(on)).toMatchObject({ on, automatic: true, by: 'watch' });

      expect((await events()).map(({ on, by }) => [on, by])).toEqual([
        [true, 'watch'],
        [false, 'watch'],
      ]);
      expect(await facts('outage-mode.changed')).toMatchObject([
        { onBehalfOf: { kind: 'watch' }, before: { on: false }, after: { on: true, by: 'watch' } },
        { onBehalfOf: { kind: 'watch' }, before: { on: true }, after: { on: false, by: 'watch' } },
      ]);
    });

    it('is not overruled by it in either direction once a person has switched, until they say so', async () => {
      await byWatch(true);
      await byHand(false);
      expect(await byWatch(true)).toMatchObject({ on: false, automatic: false, by: 'person' });
      expect(await world.bus.request(releaseOutageMode, {}, as(owner))).toMatchObject({ on: false, automatic: true });
      expect(await byWatch(true)).toMatchObject({ on: true });

      await byHand(true);
      expect(await byWatch(false)).toMatchObject({ on: true, automatic: false });
      await world.bus.request(releaseOutageMode, {}, as(owner));
      await world.bus.request(releaseOutageMode, {}, as(owner));
      expect(await byWatch(false)).toMatchObject({ on: false, automatic: true });
      expect(await facts('outage-mode.released')).toHaveLength(2);
    });

    it('is read by services, and is of organizations that there are', async () => {
      await byWatch(true);
      const ask = (id: never) => world.bus.request(describeOutageMode, { organizationId: id });

      expect(await ask(organizationId() as never)).toMatchObject({ on: true, reason: 'Mail and sign-in are down' });
      const nobody = { organizationId: newId<never>(), on: true, reason: 'x' };
      expect(await codeOf(world.bus.request(switchOutageMode, nobody))).toBe('organization_not_found');
    });
  });

  describe('in the hands of who holds a key', () => {
    let key: Key;

    beforeEach(async () => {
      key = newKey();
      await put(key);
    });

    const newKey = (): Key => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      return { id: newId<never>(), privateKey, publicKey: String(publicKey.export({ format: 'jwk' }).x) };
    };
    const put = ({ id, publicKey }: Key, validDays = 30) =>
      world.bus.request(putOutageKey, { keyId: id, publicKey, label: 'Safe in room 3', validDays }, as(owner));
    /** A second later than the one before: two of one second are the same. */
    const sign = (said: object = {}, { id, privateKey } = key, type: string = OUTAGE_KEYS.commandType) => {
      world.clock.advance(1_000);
      const usual = { org: owner.handle, key: id, on: true, reason: 'The data centre burns' };
      return signDeviceStatement(privateKey, type, { ...usual, ...said }, world.clock.now());
    };
    const send = (command: string, more: object = {}) =>
      world.bus.request(signedOutageSwitch, { organization: owner.handle, keyId: key.id, command, ...more });

    it('goes on and off without anybody signed in, and the watch does not overrule it', async () => {
      expect(await send(await sign())).toMatchObject({ on: true });
      expect(await read()).toMatchObject({
        ...{ on: true, automatic: false, by: 'key', reason: 'The data centre burns', changedBy: owner.tokens.userId },
      });
      expect(await byWatch(false)).toMatchObject({ on: true });
      expect(await send(await sign({ on: false, reason: 'Over' }))).toMatchObject({ on: false });

      const [first] = await facts('outage-mode.changed');
      expect(first).toMatchObject({ actor: { kind: 'outage-key', id: key.id }, onBehalfOf: { kind: 'user' } });
    });

    it.each<[string, () => Promise<unknown>]>([
      ['signed by another key', async () => send(await sign({}, { ...newKey(), id: key.id }))],
      ['for another organization', async () => send(await sign({ org: 'rival' }))],
      ['sent to another organization', async () => send(await sign(), { organization: 'nobody-of-this-name' })],
      ['under the name of another key', async () => send(await sign(), { keyId: newId() })],
      ['that names another key', async () => send(await sign({ key: newId() }))],
      ['of another type', async () => send(await sign({}, key, 'relais-break-glass+jwt'))],
      ['without a reason', async () => send(await sign({ reason: ' ' }))],
      ['that says more than it may', async () => send(await sign({ admin: true }))],
      ['that is no command', () => send('x')],
      ['that is old', async () => aged(301)],
      ['of a key that has run out', async () => world.passDays(31).then(async () => send(await sign()))],
      ['of a key that was taken back', async () => takeBack().then(async () => send(await sign()))],
    ])('is not switched by a command %s, with the answer everybody gets', async (_, attempt) => {
      const refusal = await attempt().catch((error: unknown) => error);

      expect(refusal).toMatchObject({ kind: 'unauthenticated', code: 'outage_switch_refused', details: undefined });
      expect(await events()).toEqual([]);
    });

    const aged = async (seconds: number) => {
      const command = await sign();
      world.clock.advance(seconds * 1_000);
      return send(command);
    };
    const takeBack = () => world.bus.request(deleteOutageKey, { keyId: key.id }, as(owner));

    it('takes each command once, also of many at the same time, and no earlier one after a later (A-48)', async () => {
      const [early, on] = [await sign({ on: false }), await sign()];
      const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(send(on))));
      expect(codes.toSorted()).toEqual(['ok', ...Array<string>(4).fill('outage_switch_refused')]);
      expect(await codeOf(send(early))).toBe('outage_switch_refused');

      expect((await events()).length).toBe(1);
      expect((await facts('outage-mode.changed')).map(({ outcome }) => outcome)).toContain('refused');
    });

    it('is shown without what signs, bounded in number, and taken back by who may', async () => {
      const shown = await world.bus.request(listOutageKeys, {}, as(owner));
      expect(shown.items).toMatchObject([{ id: key.id, label: 'Safe in room 3', issuedBy: owner.tokens.userId }]);
      expect(JSON.stringify(shown)).not.toContain(key.publicKey);
      expect(await codeOf(put(key))).toBe('ok');
      expect(await codeOf(put({ ...newKey(), id: key.id }))).toBe('outage_key_reused');

      for (let more = 1; more < OUTAGE_KEYS.perOrganization; more++) await put(newKey());
      expect(await codeOf(put(newKey()))).toBe('too_many_outage_keys');
      const member = await aMember(world, owner);
      expect(await codeOf(world.bus.request(listOutageKeys, {}, as(member)))).toBe('forbidden');
      await takeBack();
      expect((await facts('outage-key.deleted')).map(({ object }) => object.id)).toEqual([key.id]);
      expect(await codeOf(takeBack())).toBe('outage_key_not_found');
    });
  });
});

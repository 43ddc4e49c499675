import { hash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BREAK_GLASS, type OutageReport, ROUTES, type ServerFrame } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { RelaisSession } from '@relais/sdk';
import { StandingIdentityProvider, StandingMailServer, StandingWebServer } from '@relais/testing';
import { newDevice } from './organization.js';
import { codeOf, Person } from './person.js';
import type { RawClient } from './raw-client.js';
import { eventually, System } from './system.js';
import { Terminal } from './terminal.js';

const START_DEADLINE_MS = 120_000;
const SOON_MS = 90_000;

const isAlarm = (frame: ServerFrame) => frame.type === 'alarm' && frame.alarm.severity === 'emergency';

/** A whole cluster, and a first channel of a web server, a mail server and an identity provider that are taken away (T-22). */
describe('when the first channel is down', () => {
  let system: System;
  let owner: Person;
  let anna: Person;
  let ben: Person;
  let bens: RawClient;
  let folder: string;
  const web = new StandingWebServer((_, response) => response.end('Mail, calendar, files'));
  const mail = new StandingMailServer();
  const provider = new StandingIdentityProvider();
  const channel = [web, mail, provider];
  let secret: string;

  beforeAll(async () => {
    system = await System.start({
      name: `outage-${process.pid}`,
      replicas: 2,
      env: { RATE_LIMIT_FACTOR: '1000', DRAIN_DELAY_MS: '0', DRAIN_MS: '500' },
    });
    await Promise.all(channel.map((one) => one.start()));
    folder = await mkdtemp(join(tmpdir(), 'relais-outage-'));
    const { acme } = system;
    owner = acme.owner;
    [anna, ben] = [
      await acme.join({ displayName: 'Anna' }, newDevice('phone')),
      await acme.join({ displayName: 'Ben' }),
    ];
    await prepare();
    bens = await ben.open(1);
  }, START_DEADLINE_MS);

  afterAll(async () => {
    await bens?.close();
    await Promise.all(channel.map((one) => one.stop()));
    await system?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  }, START_DEADLINE_MS);

  /** What an organization does in quiet times. */
  const prepare = async (): Promise<void> => {
    const { userId, deviceId } = anna.session.tokens;
    ({ secret } = await owner.call(ROUTES.issueBreakGlass, { userId, deviceId, validDays: 30 }));
    await owner.call(ROUTES.putCrisisPlan, {
      plan: { rooms: [{ id: newId<never>(), title: 'Crisis staff', kind: 'group', ahead: true }], atEnd: 'close' },
    });
    const settings = { switches: true, quorum: 3, failures: 2, recoveries: 2, minimumSeconds: 0 };
    await owner.call(ROUTES.putWatchSettings, { settings });
    const put = (name: string, check: object) =>
      owner.call(ROUTES.putProbe, {
        probeId: newId<never>(),
        probe: { name, check: check as never, intervalSeconds: 5, timeoutMs: 1_000 },
      });
    await put('Web', { kind: 'http', url: web.url, contains: 'calendar' });
    await put('Mail', { kind: 'smtp', host: '127.0.0.1', port: mail.port, tls: 'none' });
    await put('Sign-in', { kind: 'oidc', issuer: provider.issuer });
  };

  const isOn = async () => (await ben.call(ROUTES.readOutageMode, {})).on;
  const states = async () => (await owner.call(ROUTES.readWatch, {})).probes.map(({ state }) => state);
  const crisisRoom = async (person: Person) =>
    (await person.call(ROUTES.listConversations, {})).items.find(
      ({ title, closed }) => title === 'Crisis staff' && !closed,
    );
  const lastReport = async (): Promise<OutageReport> => {
    const { items } = await owner.call(ROUTES.listOutages, {});
    return owner.call(ROUTES.readOutageReport, { outageId: items[0]?.id as never });
  };
  /** With the device's key and the secret from the safe, and nothing else. */
  const byBreakGlass = async (): Promise<Person> => {
    const { key, tokens } = anna.session;
    const said = { dev: tokens.deviceId, sec: hash('sha256', secret, 'base64url') };
    const proof = await key.statement(BREAK_GLASS.statementType, said);
    const input = { organization: 'acme', deviceId: tokens.deviceId, secret, proof };
    const opened = await anna.session.api.call(ROUTES.breakGlassLogin, input);
    const session = RelaisSession.resume(anna.session.api, opened, key);
    return new Person('acme', anna.account, session, system.gateways);
  };

  it('everybody is told, comes in by break-glass, and finds the conversation of the crisis; then it is over, with a report', async () => {
    await eventually(async () => (await states()).every((state) => state === 'up'), SOON_MS);
    expect([await isOn(), await crisisRoom(ben)]).toEqual([false, undefined]);
    expect(await crisisRoom(owner)).toMatchObject({ members: 1, my: { role: 'moderator' } });
    expect(await codeOf(byBreakGlass())).toBe('login_failed');

    await web.stop();
    await mail.stop();
    await eventually(async () => (await states()).filter((state) => state === 'down').length === 2, SOON_MS);
    expect(await isOn()).toBe(false);
    await provider.stop();
    await eventually(isOn, SOON_MS);
    expect(await ben.call(ROUTES.readOutageMode, {})).toMatchObject({ by: 'watch', automatic: true });

    await bens.until(isAlarm);
    const annaIn = await byBreakGlass();
    await eventually(async () => (await annaIn.call(ROUTES.listAlarms, {})).items.length > 0);
    const [alarm] = (await annaIn.call(ROUTES.listAlarms, {})).items;
    expect(alarm).toMatchObject({ title: 'The usual channels are down', severity: 'emergency', state: 'open' });
    await annaIn.call(ROUTES.answerAlarm, { alarmId: alarm?.id as never, answer: 'here' });
    await eventually(async () => (await crisisRoom(annaIn)) !== undefined && (await crisisRoom(ben)) !== undefined);
    const room = (await crisisRoom(annaIn))?.id as never;
    await annaIn.say(room, 'Who has the plant?');
    await eventually(async () => (await ben.log(room)).some((entry) => entry.kind === 'message'));

    await Promise.all(channel.map((one) => one.start()));
    await eventually(async () => !(await isOn()), SOON_MS);
    await eventually(async () => (await codeOf(lastReport())) === 'ok', SOON_MS);
    expect(await codeOf(annaIn.call(ROUTES.myPermissions, {}))).not.toBe('ok');
    expect(await codeOf(ben.say(room, 'Still here?'))).toBe('conversation_closed');
    const report = await lastReport();
    expect(report).toMatchObject({
      outage: { state: 'over', begunBy: 'watch', endedBy: 'watch' },
      people: { told: 3, answered: 1, answers: { here: 1 } },
      rooms: [{ title: 'Crisis staff', joined: 3, keptApart: 0, leftOut: 0 }],
      breakGlass: [{ userId: anna.id, deviceId: anna.session.tokens.deviceId }],
    });
    const became = (name: string) => report.timeline.filter(({ probe }) => probe === name).map((one) => one.became);
    expect([became('Web').slice(0, 2), became('Mail').slice(0, 2), became('Sign-in').slice(0, 2)]).toEqual(
      Array(3).fill(['up', 'down']),
    );
    expect(report.timeline.filter(({ probeId }) => !probeId).map(({ became: what }) => what)).toEqual([
      'outage',
      'over',
    ]);
  }, 360_000);

  it('nobody needs to be signed in to switch it by a key, and the watch does not overrule that', async () => {
    const terminal = await Terminal.open({ gateways: system.gateways, organization: 'acme' }, [owner]);
    const run = async (...args: string[]) => {
      const { code, said } = terminal.run('relais-outage', ['--as', owner.account.displayName, ...args]);
      return [await code, said()] as const;
    };
    const file = join(folder, 'key.json');
    expect(await run('new-key', file, '--label', 'safe')).toEqual([0, expect.stringContaining('good until')]);
    expect(await run('new-key', file, '--label', 'safe')).toEqual([1, expect.stringContaining('is there one already')]);

    const [code, said] = await run('on', '--key', file, '--reason', 'Fire in the data centre');
    expect([code, said]).toEqual([0, expect.stringMatching(/^outage mode is on since/)]);
    await eventually(async () => (await ben.call(ROUTES.listAlarms, {})).items.length > 0);
    const [alarm] = (await ben.call(ROUTES.listAlarms, {})).items;
    expect(alarm?.text).toContain('Fire in the data centre');
    expect(await ben.call(ROUTES.readOutageMode, {})).toMatchObject({ by: 'key', automatic: false });

    expect((await run('off', '--key', file, '--reason', 'Put out'))[0]).toBe(0);
    await eventually(async () => (await owner.call(ROUTES.listOutages, {})).items[0]?.state === 'over', SOON_MS);
    const [, page] = await run('report');
    expect(page).toMatch(/^<!doctype html>[^]*Fire in the data centre[^]*switched by a key[^]*Put out[^]*<\/html>/);
    await terminal.close();
  }, 180_000);
});

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { jetstreamManager } from '@nats-io/jetstream';
import { ROUTES } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { databaseRows, holds } from './at-rest.js';
import { adminNats } from '../checker/event-scan.js';
import { newDevice } from './organization.js';
import { credentials } from './credentials.js';
import { codeOf, type Person } from './person.js';
import { eventually, type Running } from './system.js';

/** Words that occur nowhere else, one for each place where people put words. */
const word = (place: string) => `Canary-${place}-${newId().slice(-12)}`;
const secret = () => randomBytes(18).toString('base64url');
const WORDS = {
  message: word('message'),
  edit: word('edit'),
  refused: word('refused'),
  mistyped: word('mistyped'),
  title: word('title'),
  displayName: word('display'),
  email: `${word('email').toLowerCase()}@acme.example`,
  password: secret(),
  wrongPassword: secret(),
  newPassword: secret(),
  device: word('device'),
  pool: word('pool'),
};

export function leaksContract(running: Running): void {
  let person: Person;
  let tokens: string[];

  beforeAll(async () => {
    const { acme, gateways } = running();
    const { displayName, email, password } = WORDS;
    person = await acme.join({ displayName, email, password }, newDevice(WORDS.device));
    const mate = await acme.join();
    const id = await person.start('group', [mate]);
    await person.call(ROUTES.updateConversation, { conversationId: id, title: WORDS.title });
    const { id: target } = await person.say(id, WORDS.message);
    const socket = await person.open(1);
    await socket.ask({
      ...{ type: 'append', conversationId: id },
      entry: { id: newId(), kind: 'edit', body: { target, text: WORDS.edit } },
    });
    const { connection } = await mate.listen(0);
    await eventually(() => (connection.heads().get(id) ?? 0) >= 4);
    await acme.owner.call(ROUTES.createPool, { id: newId<never>(), name: WORDS.pool });
    tokens = [
      ...Object.values(person.session.tokens),
      (await acme.owner.call(ROUTES.invite, {})).invitationToken,
    ].filter((value): value is string => typeof value === 'string' && value.length > 40);
    await fail(id, gateways[0] as string);
    const { refreshToken, accessToken } = await person.session.refresh();
    tokens.push(refreshToken, accessToken);
    await person.call(ROUTES.changePassword, { currentPassword: password, newPassword: WORDS.newPassword });
    await running().acme.anotherDevice({
      ...person,
      account: { ...person.account, password: WORDS.newPassword },
    } as Person);
  }, 60_000);

  /** Errors are where words slip into logs. */
  async function fail(conversationId: ConversationId, gateway: string): Promise<void> {
    const { acme } = running();
    const wrong = { ...person.account, password: WORDS.wrongPassword };
    expect(await codeOf(acme.anotherDevice({ ...person, account: wrong } as Person))).toBe('login_failed');
    expect(await codeOf(acme.join({ email: WORDS.email }))).toBe('email_taken');
    expect(await codeOf(person.say(newId<ConversationId>(), WORDS.refused))).toBe('conversation_not_found');
    const reused = { conversationId, id: (await person.log(conversationId)).at(-1)?.id, kind: 'message' };
    expect(await codeOf(person.call(ROUTES.append, { ...reused, body: { text: WORDS.refused } } as never))).toBe(
      'entry_id_reused',
    );
    const headers = {
      'content-type': 'application/json',
      ...credentials(person.session, 'POST', `${gateway}/v1/marks`),
    };
    const body = JSON.stringify({ [WORDS.mistyped]: WORDS.mistyped });
    const answer = await fetch(`${gateway}/v1/marks?${WORDS.mistyped}`, { method: 'POST', headers, body });
    expect([answer.status, await answer.text()]).toEqual([400, expect.not.stringContaining('Canary')]);
    for (const frame of [`{"${WORDS.mistyped}`, { type: 'alive', [WORDS.mistyped]: 1 }]) {
      const client = await person.open(0);
      client.send(frame);
      await client.closed;
    }
  }

  const everything = () => ({
    ...WORDS,
    ...Object.fromEntries(tokens.map((token, index) => [`token ${index}`, token])),
  });
  const found = (text: string) =>
    Object.entries(everything()).flatMap(([name, words]) => (holds(text, words) ? [name] : []));

  it('the search finds what is there: in text, in bytes, in hexadecimal, in base64', () => {
    const wrapped = [
      WORDS.title,
      Buffer.from(`..${WORDS.title}..`).toString('hex'),
      ...[0, 1, 2].map((shift) => Buffer.from(`${'.'.repeat(shift)}${WORDS.title}..`).toString('base64')),
    ];
    for (const text of wrapped) expect(found(text)).toEqual(['title']);
  });

  it('no table of any database holds a word that people wrote, or a token (T-12)', async () => {
    const tables = await databaseRows(running().cluster.servers.postgresUrl);

    expect(tables.map(({ database }) => database)).toEqual(
      expect.arrayContaining(['relais_auth', 'relais_auth_keys', 'relais_messaging', 'relais_messaging_keys']),
    );
    expect(tables.find(({ table }) => table === 'entry')?.rows).toContain(person.id);
    expect(
      tables.flatMap(({ database, table, rows }) => found(rows).map((name) => `${name} in ${database}.${table}`)),
    ).toEqual([]);
  });

  it('no durable event and no dead letter holds one', async () => {
    const nats = await adminNats(running().cluster);
    const manager = await jetstreamManager(nats);
    let messages = 0;
    const leaks = new Set<string>();
    for await (const { config, state } of manager.streams.list())
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await manager.streams.getMessage(config.name, { seq });
        if (!message) continue;
        messages++;
        for (const name of found(`${message.subject}\n${message.string()}\n${message.header.toString()}`))
          leaks.add(name);
      }
    await nats.close();

    expect(messages).toBeGreaterThan(10);
    expect([...leaks]).toEqual([]);
  }, 30_000);

  it('no log of any process holds one, though every one of them has said something (A-67)', () => {
    const { cluster, acme } = running();
    const leaks = cluster.names.flatMap((name) => {
      const log = readFileSync(cluster.logFile(name), 'utf8');
      expect([name, log.length > 0 || name === 'postgres']).toEqual([name, true]);
      const jwt = /eyJ[\w-]{10,}\.eyJ/.test(log) ? ['a token'] : [];
      const mail = log.includes(acme.owner.account.email) ? ['an e-mail address'] : [];
      return [...found(log), ...jwt, ...mail].map((what) => `${what} in ${name}`);
    });

    expect(leaks).toEqual([]);
  });

  it('nothing that was done to the cluster made it stumble', () => {
    const { cluster } = running();
    const errors = cluster.replicas.flatMap(({ name }) =>
      readFileSync(cluster.logFile(name), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"level":"error"') || /unhandled|uncaught/i.test(line)),
    );

    expect(errors).toEqual([]);
  });
}

import { type Entry, ROUTES, type Route } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { ApiError, type CallOptions, RelaisApi, RelaisConnection, type RelaisSession } from '@relais/sdk';
import type { z } from 'zod';
import { RawClient } from './raw-client.js';

export interface Account {
  email: string;
  displayName: string;
  password: string;
}

const everyone: Person[] = [];

/** Lets go of the sessions and connections of all people there were. */
export async function leaveAll(): Promise<void> {
  await Promise.all(everyone.splice(0).map((person) => person.close()));
}

/** Somebody with a session on one device. */
export class Person {
  private readonly opened: Array<{ close(): Promise<void> }> = [];

  constructor(
    readonly organization: string,
    readonly account: Account,
    readonly session: RelaisSession,
    readonly gateways: readonly string[],
  ) {
    everyone.push(this);
  }

  get id() {
    return this.session.tokens.userId;
  }

  call<In extends z.ZodType, Out extends z.ZodType>(
    route: Route<In, Out>,
    input: z.input<In>,
    options?: Omit<CallOptions, 'token' | 'key'>,
  ): Promise<z.output<Out>> {
    return this.session.call(route, input, options);
  }

  /** The same person, who has just shown once more who they are: for what needs that. */
  async fresh(): Promise<this> {
    const { loginToken } = await this.call(ROUTES.beginStepUp, {});
    await this.session.stepUp({ loginToken, shown: { kind: 'password', password: this.account.password } });
    return this;
  }

  /** Asks one gateway and no other. */
  async callAt<In extends z.ZodType, Out extends z.ZodType>(
    gateway: number,
    route: Route<In, Out>,
    input: z.input<In>,
  ) {
    const api = new RelaisApi({ gateways: [this.gateway(gateway)], timeoutMs: 30_000 });
    return api.call(route, input, { token: this.session.tokens.accessToken, key: this.session.key });
  }

  say(conversationId: ConversationId, text: string, more: { ttlSeconds?: number; mentions?: Person['id'][] } = {}) {
    const { mentions, ...rest } = more;
    const body = { text, ...(mentions ? { mentions } : {}) };
    return this.call(ROUTES.append, { conversationId, id: newId<EntryId>(), kind: 'message', body, ...rest });
  }

  /** A conversation of this person with others. */
  async start(kind: 'direct' | 'group' | 'channel', others: readonly Person[], more: { sharesHistory?: boolean } = {}) {
    const id = newId<ConversationId>();
    const memberIds = others.map((other) => other.id);
    return (await this.call(ROUTES.createConversation, { id, kind, memberIds, title: kind, ...more })).id;
  }

  async log(conversationId: ConversationId): Promise<Entry[]> {
    return (await this.call(ROUTES.listEntries, { conversationId, after: 0, limit: 500 })).entries;
  }

  /** A connection of the SDK over one gateway, with what it showed, in order. */
  async listen(gateway: number): Promise<{ connection: RelaisConnection; heard: Entry[] }> {
    const connection = new RelaisConnection({ gateways: [this.gateway(gateway)], tokens: this.session });
    const heard: Entry[] = [];
    connection.on('entry', (entry) => heard.push(entry));
    this.opened.push(connection);
    await connection.connect().whenOnline();
    return { connection, heard };
  }

  /** A socket over one gateway that helps itself in no way, after its `ready`. */
  async open(gateway: number): Promise<RawClient> {
    const client = await RawClient.ready(this.gateway(gateway), this.session);
    this.opened.push(client);
    return client;
  }

  gateway(index: number): string {
    return this.gateways[index % this.gateways.length] as string;
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((one) => one.close()));
    this.session.close();
  }
}

/** `ok`, or the code of the refusal. */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (thrown: unknown) => ApiError.from(thrown).code,
  );

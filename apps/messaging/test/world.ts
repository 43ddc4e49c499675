import type { INestApplicationContext } from '@nestjs/common';
import { type BusConnection, BusServer, connectNats, NatsBus } from '@relais/bus';
import {
  appendEntry,
  type Conversation,
  createConversation,
  type Entry,
  listEntries,
  type LiveEvent,
  type Receipt,
  type RequestContract,
  type Scope,
} from '@relais/contracts';
import { keystoreMigrations } from '@relais/crypto';
import { migrate } from '@relais/database';
import { type DeployedNats, deployedNats } from '@relais/devstack';
import { AppError, type ConversationId, type EntryId, newId, type OrganizationId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { type FreshDatabase, freshDatabase, TestKekFile } from '@relais/testing';
import type { z } from 'zod';
import { migrations } from '../src/database/migrations.js';
import { Directory, type Person } from './directory.js';
import { message } from './memory-log.js';
import { type Replica, startReplica } from './replica.js';

/** How long a test waits for an answer: on a busy machine a disk may stand still for seconds. */
const PATIENCE_MS = 20_000;

export type Heard = [subject: string, event: LiveEvent];

/** Messaging with everything it stands on, and people who ask it over the bus as a gateway would. */
export class World {
  readonly organizationId = newId<OrganizationId>();
  /** All live events so far, in the order of their arrival. */
  readonly heard: Heard[] = [];
  private readonly replicas: Replica[] = [];
  private readonly bus: NatsBus;

  private constructor(
    readonly nats: DeployedNats,
    readonly database: FreshDatabase,
    readonly keystore: FreshDatabase,
    readonly kekFile: TestKekFile,
    readonly directory: Directory,
    readonly gateway: BusConnection,
    /** What auth is connected with. */
    readonly auth: BusConnection,
    private served: INestApplicationContext | undefined,
  ) {
    this.bus = new NatsBus(gateway);
    gateway.nats.subscribe('live.>', {
      callback: (_, heard) => void this.heard.push([heard.subject, heard.json<LiveEvent>()]),
    });
  }

  static async open(): Promise<World> {
    const [nats, database, keystore] = await Promise.all([deployedNats('messaging'), freshDatabase(), freshDatabase()]);
    await migrate(database.ownerUrl, migrations, silentLog);
    await migrate(keystore.ownerUrl, keystoreMigrations, silentLog);
    const as = (service: 'auth' | 'gateway') =>
      connectNats({ url: nats.url, service, replica: 'one', nkeySeed: nats.seedOf(service), log: silentLog });
    const directory = new Directory();
    const auth = await as('auth');
    const served = await directory.serve(auth);
    const [kekFile, gateway] = [await TestKekFile.create(), await as('gateway')];
    return new World(nats, database, keystore, kekFile, directory, gateway, auth, served);
  }

  /** Starts a replica that takes requests from now on. */
  async replica(name: string, settings: Record<string, string> = {}): Promise<Replica> {
    const replica = await startReplica({
      REPLICA: name,
      NATS_URL: this.nats.url,
      NATS_NKEY_SEED: this.nats.seedOf('messaging') ?? '',
      DATABASE_URL: this.database.appUrl,
      KEYSTORE_URL: this.keystore.appUrl,
      KEK_FILE: this.kekFile.path,
      ...settings,
    });
    this.replicas.push(replica);
    await replica.ready();
    return replica;
  }

  async close(): Promise<void> {
    for (const replica of this.replicas) await replica.close();
    await this.gateway.close();
    await this.served?.close();
    await this.auth.close();
    await this.nats.close();
    await Promise.all([this.database.drop(), this.keystore.drop(), this.kekFile.remove()]);
  }

  /** Auth is gone, with its subscriptions. */
  async stopAuth(): Promise<void> {
    await this.served?.get(BusServer).drain();
    await this.served?.close();
    this.served = undefined;
  }

  async startAuth(): Promise<void> {
    this.served = await this.directory.serve(this.auth);
  }

  person(organizationId = this.organizationId, scopes?: readonly Scope[]): Promise<Person> {
    return this.directory.person(organizationId, scopes);
  }

  people(count: number): Promise<Person[]> {
    return Promise.all(Array.from({ length: count }, () => this.person()));
  }

  ask<In extends z.ZodType, Out extends z.ZodType, Code extends string>(
    { token }: Person,
    contract: RequestContract<In, Out, Code>,
    input: z.input<In>,
  ): Promise<z.output<Out>> {
    return this.bus.request(contract, input, { token, timeoutMs: PATIENCE_MS });
  }

  /** The code a request fails with; `ok` when it does not. */
  code<In extends z.ZodType>(person: Person, contract: RequestContract<In>, input: z.input<In>): Promise<string> {
    return this.ask(person, contract, input).then(
      () => 'ok',
      (error: unknown) => AppError.from(error).code,
    );
  }

  create(
    kind: Conversation['kind'],
    [creator, ...others]: readonly Person[],
    more: Partial<z.input<typeof createConversation.input>> = {},
  ): Promise<Conversation> {
    const memberIds = others.map(({ userId }) => userId);
    return this.ask(creator as Person, createConversation, { id: newId<ConversationId>(), kind, memberIds, ...more });
  }

  say(person: Person, id: ConversationId, text: string, more: Parameters<typeof message>[2] = {}): Promise<Receipt> {
    return this.ask(person, appendEntry, message(id, text, more));
  }

  /** Edits, deletes, reacts. */
  change(
    person: Person,
    conversationId: ConversationId,
    change: { kind: 'edit' | 'deletion' | 'reaction'; body: object },
  ): Promise<Receipt> {
    return this.ask(person, appendEntry, { conversationId, id: newId<EntryId>(), ...change } as z.input<
      typeof appendEntry.input
    >);
  }

  async log(person: Person, conversationId: ConversationId): Promise<Entry[]> {
    return (await this.ask(person, listEntries, { conversationId, after: 0, limit: 500 })).entries;
  }
}

/** What an entry says in short: number, kind, and text where there is one. */
export const brief = ({ seq, kind, body }: Entry): string =>
  [seq, kind, ...(body === null ? ['gone'] : 'text' in body ? [body.text] : [])].join(' ');

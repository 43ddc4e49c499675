import { Controller, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type BusConnection, BusServer, LivePublisher, type RequestContext, Serves } from '@relais/bus';
import {
  advanceMarks,
  appendEntry,
  type Entry,
  listEntries,
  listMembers,
  listRevocations,
  listSessions,
  live,
  openSession,
  readConversation,
  readHeads,
  readKeys,
  readMyHeads,
  type Revocation,
  syncEntries,
} from '@relais/contracts';
import { type ConversationId, type EntryId, newId, type OrganizationId, type UserId } from '@relais/kernel';
import { silentLog } from '@relais/observability';
import { JwtTokenVerifier, TokenVerifier, TrustStore } from '@relais/security';
import type { z } from 'zod';
import { AnsweringReports } from './answering-reports.js';
import type { Issuer } from './issuer.js';

interface Log {
  organizationId: OrganizationId;
  kind: 'direct' | 'group' | 'channel';
  members: Map<UserId, { from: number; to: number }>;
  entries: Entry[];
}

/** What happens to the live event of an entry on its way. */
export type Mishap = 'none' | 'lost' | 'doubled';

/** Conversations in memory, served over the real bus under the real contracts, with live events that may be lost. */
export class Logs {
  readonly byId = new Map<ConversationId, Log>();
  readonly marks: z.output<typeof advanceMarks.input>['marks'] = [];
  readonly asked: string[] = [];
  appendDelayMs = 0;
  /** Nobody is told their heads before. */
  headsHeld: Promise<void> | undefined;
  headsAsked = 0;
  private readonly publisher: LivePublisher;

  constructor(readonly connection: BusConnection) {
    this.publisher = new LivePublisher(connection);
  }

  create(
    organizationId: OrganizationId,
    members: UserId[],
    kind: Log['kind'] = 'group',
    isTold = true,
  ): ConversationId {
    const id = newId<ConversationId>();
    this.byId.set(id, { organizationId, kind, members: new Map(), entries: [] });
    this.add(id, members[0] as UserId, members, isTold ? 'none' : 'lost');
    return id;
  }

  add(id: ConversationId, by: UserId, userIds: UserId[], mishap: Mishap = 'none'): Entry {
    const log = this.get(id);
    for (const userId of userIds) log.members.set(userId, { from: log.entries.length + 1, to: Infinity });
    return this.write(id, by, { kind: 'membership', body: { change: 'added', userIds } }, userIds, mishap);
  }

  remove(id: ConversationId, userId: UserId, mishap: Mishap = 'none'): Entry {
    const log = this.get(id);
    const entry = this.write(
      id,
      userId,
      { kind: 'membership', body: { change: 'removed', userIds: [userId] } },
      [userId],
      mishap,
    );
    const member = log.members.get(userId);
    if (member) member.to = entry.seq;
    return entry;
  }

  say(id: ConversationId, senderId: UserId, text: string, mishap: Mishap = 'none', entryId = newId<EntryId>()): Entry {
    return this.write(id, senderId, { kind: 'message', body: { text } }, [], mishap, entryId);
  }

  /** Publishes again what was recorded. */
  publish(id: ConversationId, entry: Entry, toldToo: readonly UserId[] = []): void {
    const { organizationId, kind, members } = this.get(id);
    const bytes = JSON.stringify({ type: 'entry', entry });
    const users = kind === 'direct' ? [...members.keys()] : toldToo;
    if (kind !== 'direct') this.publisher.publish(live.conversation(organizationId, id), bytes);
    for (const userId of users) this.publisher.publish(live.user(organizationId, userId), bytes);
  }

  /** Tells several people of something at once. */
  tellMany(organizationId: OrganizationId, message: object | null): void {
    this.publisher.publish(live.people(organizationId), JSON.stringify(message));
  }

  get(id: ConversationId): Log {
    const log = this.byId.get(id);
    if (!log) throw listEntries.fail('conversation_not_found');
    return log;
  }

  isMember(log: Log, userId: UserId): boolean {
    return log.members.get(userId)?.to === Infinity;
  }

  private write(
    id: ConversationId,
    senderId: UserId,
    content: object,
    toldToo: readonly UserId[],
    mishap: Mishap,
    entryId = newId<EntryId>(),
  ): Entry {
    const log = this.get(id);
    const place = { conversationId: id, seq: log.entries.length + 1, id: entryId, senderId };
    const entry = { ...place, recordedAt: new Date().toISOString(), ...content } as Entry;
    log.entries.push(entry);
    if (mishap !== 'lost') this.publish(id, entry, toldToo);
    if (mishap === 'doubled') this.publish(id, entry, toldToo);
    return entry;
  }
}

/** What auth would say. */
export class Trusted {
  revocations: Revocation[] = [];
  /** Of each of them, where auth tells it. */
  revokedAt: string[] | undefined;
  constructor(readonly issuer: Issuer) {}
}

@Controller()
export class AnsweringAuth {
  constructor(private readonly trusted: Trusted) {}

  @Serves(readKeys)
  async keys() {
    return { keys: [this.trusted.issuer.publicJwk] };
  }

  @Serves(listRevocations)
  async revocations() {
    const { revocations, revokedAt } = this.trusted;
    return { revocations, revokedAt };
  }

  @Serves(openSession)
  async open(): Promise<never> {
    throw openSession.fail('login_failed');
  }

  @Serves(listSessions)
  async sessions(_input: object, { principal }: RequestContext) {
    const { sessionId: id, deviceId } = principal;
    const at = new Date().toISOString();
    return {
      items: [
        {
          id,
          deviceId,
          deviceName: 'phone',
          createdAt: at,
          lastUsedAt: at,
          authenticatedAt: at,
          isBeforeChange: false,
          current: true,
        },
      ],
    };
  }
}

@Controller()
export class AnsweringMessaging {
  constructor(private readonly logs: Logs) {}

  @Serves(appendEntry)
  async append({ conversationId, id, ...content }: z.output<typeof appendEntry.input>, { principal }: RequestContext) {
    const { userId } = principal;
    const log = this.logs.get(conversationId);
    if (!this.logs.isMember(log, userId)) throw appendEntry.fail('conversation_not_found');
    if (this.logs.appendDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.logs.appendDelayMs));
    if (content.kind !== 'message') throw appendEntry.fail('may_not_write');
    const entry = this.logs.say(conversationId, userId, content.body.text, 'none', id);
    return { conversationId, id, seq: entry.seq, recordedAt: entry.recordedAt, replayed: false };
  }

  @Serves(listEntries)
  async list({ conversationId, after = 0, limit }: z.output<typeof listEntries.input>, { principal }: RequestContext) {
    this.logs.asked.push('listEntries');
    const log = this.logs.get(conversationId);
    const window = log.members.get(principal.userId);
    if (!window) throw listEntries.fail('conversation_not_found');
    const visible = log.entries.filter(({ seq }) => seq > after && seq >= window.from && seq <= window.to);
    const entries = visible.slice(0, limit);
    const head = Math.min(log.entries.length, window.to);
    return { entries, head, upTo: entries.length < visible.length ? (entries.at(-1)?.seq ?? after) : head };
  }

  @Serves(syncEntries)
  async sync({ heads }: z.output<typeof syncEntries.input>, { principal }: RequestContext) {
    const known = new Map(heads);
    const changed = [...this.logs.byId]
      .filter(([id, log]) => this.logs.isMember(log, principal.userId) && log.entries.length > (known.get(id) ?? 0))
      .map(([id, { entries }]) => ({
        conversationId: id,
        head: entries.length,
        upTo: entries.length,
        entries: entries.slice(known.get(id) ?? 0),
      }));
    return { changed, gone: [], more: false };
  }

  @Serves(readMyHeads)
  async myHeads({ after = '' }: { after?: string | undefined }, { principal }: RequestContext) {
    this.logs.headsAsked++;
    await this.logs.headsHeld;
    const mine = [...this.logs.byId]
      .filter(([id, log]) => id > after && log.organizationId === principal.organizationId)
      .filter(([, log]) => this.logs.isMember(log, principal.userId))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    // One a page, so that whoever forgets the pages hears of one conversation only.
    const heads = mine.slice(0, 1).map(([conversationId, { entries, kind }]) => ({
      conversationId,
      head: entries.length,
      direct: kind === 'direct',
    }));
    return { heads, ...(mine.length > 1 ? { next: heads[0]?.conversationId } : {}) };
  }

  @Serves(readHeads)
  async heads({ organizationId, conversationIds }: z.output<typeof readHeads.input>) {
    this.logs.asked.push('readHeads');
    const ours = conversationIds.filter((id) => this.logs.byId.get(id)?.organizationId === organizationId);
    return { heads: ours.map((id): [ConversationId, number] => [id, this.logs.get(id).entries.length]) };
  }

  @Serves(advanceMarks)
  async mark({ marks }: z.output<typeof advanceMarks.input>) {
    this.logs.marks.push(...marks);
    return {};
  }

  @Serves(readConversation)
  async conversation({ conversationId }: z.output<typeof readConversation.input>) {
    const { kind, entries, members } = this.logs.get(conversationId);
    return {
      ...{ id: conversationId, kind, title: '', head: entries.length, closed: false, sharesHistory: false },
      ...{ messageTtlSeconds: 0, members: members.size, createdAt: new Date().toISOString() },
      my: { role: 'writer' as const, delivered: 0, read: 0, unread: 0, mentions: 0 },
    };
  }

  @Serves(listMembers)
  async members({ conversationId }: z.output<typeof listMembers.input>) {
    const joinedAt = new Date().toISOString();
    const ids = [...this.logs.get(conversationId).members.keys()];
    return { items: ids.map((userId) => ({ userId, role: 'writer' as const, joinedAt, delivered: 0, read: 0 })) };
  }
}

/** The other side of the bus: auth and messaging as far as the gateway can tell. */
@Module({})
export class AnsweringServices {
  static with(connection: BusConnection, logs: Logs, trusted: Trusted): DynamicModule {
    const trust = new TrustStore();
    trust.applyKeys([trusted.issuer.publicJwk]);
    return {
      module: AnsweringServices,
      imports: [DiscoveryModule],
      controllers: [AnsweringAuth, AnsweringMessaging, AnsweringReports],
      providers: [
        { provide: Logs, useValue: logs },
        { provide: Trusted, useValue: trusted },
        { provide: TokenVerifier, useValue: new JwtTokenVerifier(trust) },
        {
          provide: BusServer,
          useFactory: (verifier: TokenVerifier, discovery: DiscoveryService, scanner: MetadataScanner) =>
            new BusServer(queueless(connection), verifier, silentLog, discovery, scanner),
          inject: [TokenVerifier, DiscoveryService, MetadataScanner],
        },
      ],
    };
  }
}

/** One process stands in for several services. */
const queueless = (connection: BusConnection): BusConnection => ({ ...connection, service: 'answering' });

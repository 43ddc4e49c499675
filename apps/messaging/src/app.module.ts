import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Bus, BusServer, EventConsumer, LivePublisher, NatsBus, TrustFeed, TrustGate } from '@relais/bus';
import { contactsChanged, userRemoved } from '@relais/contracts';
import { Envelope } from '@relais/crypto';
import { Database, OutboxRelay } from '@relais/database';
import { Clock, SystemClock } from '@relais/kernel';
import { JwtTokenVerifier, TokenVerifier, TrustStore } from '@relais/security';
import { Access, type Opened as ServiceOpened, outboxOf } from '@relais/service';
import { Announcer } from './announce/announcer.js';
import type { Config } from './config.js';
import { CONTACT_CHANGES, ContactReview } from './contacts/contact-review.js';
import { ContactStore } from './contacts/contact-store.js';
import { PostgresContactStore } from './contacts/contact-store.postgres.js';
import { Contacts } from './contacts/contacts.js';
import { ConversationChanger } from './conversations/change-conversation.js';
import { ConversationStore } from './conversations/conversation-store.js';
import { PostgresConversationStore } from './conversations/conversation-store.postgres.js';
import { ConversationsController } from './conversations/conversations.controller.js';
import { CreateConversationHandler } from './conversations/create-conversation.js';
import { ReadConversationsHandler } from './conversations/read-conversations.js';
import { CloseConversationHandler, UpdateConversationHandler } from './conversations/update-conversation.js';
import { AppendBatch } from './entries/append-batch.js';
import { AppendCollector } from './entries/append-collector.js';
import { AppendEntryHandler } from './entries/append-entry.js';
import { EntriesController } from './entries/entries.controller.js';
import { EntryStore } from './entries/entry-store.js';
import { PostgresEntryStore } from './entries/entry-store.postgres.js';
import { ListEntriesHandler } from './entries/list-entries.js';
import { Standings } from './entries/standings.js';
import { SyncEntriesHandler } from './entries/sync-entries.js';
import { KeyDays } from './keeping/key-days.js';
import { findKeeping } from './keeping/keeping-rows.postgres.js';
import { MessageKeepingsHandler } from './keeping/message-keepings.js';
import { MarkStore } from './marks/mark-store.js';
import { PostgresMarkStore } from './marks/mark-store.postgres.js';
import { MarksController } from './marks/marks.controller.js';
import { ReceiptSharing } from './marks/receipt-sharing.js';
import { ChangeMembersHandler } from './members/change-members.js';
import { DEPARTED_USERS, DepartedUsersHandler } from './members/departed-users.js';
import { ListMembersHandler } from './members/list-members.js';
import { MemberStore } from './members/member-store.js';
import { PostgresMemberStore } from './members/member-store.postgres.js';
import { MembersController } from './members/members.controller.js';
import { KeepRoomHandler } from './rooms/keep-room.js';

/** What main.ts opened. */
export type Opened = Omit<ServiceOpened<Config>, 'provider' | 'rotation' | 'clock'> & { clock?: Clock };

@Module({})
export class MessagingModule {
  static with({ config, log, connection, db, envelope, clock = new SystemClock() }: Opened): DynamicModule {
    const { events, relay } = outboxOf({ config, log, connection, db });
    const trust = new TrustStore(clock);
    const verifier = new JwtTokenVerifier(trust, { clock });
    const bus = new NatsBus(connection);
    const database = new Database(db);
    const keyDays = new KeyDays((id) =>
      database.within(id, async (tx) => (await findKeeping(tx, id))?.key_days ?? null),
    );
    return {
      module: MessagingModule,
      imports: [DiscoveryModule],
      controllers: [EntriesController, ConversationsController, MembersController, MarksController],
      providers: [
        { provide: Clock, useValue: clock },
        { provide: Bus, useValue: bus },
        { provide: Database, useValue: database },
        { provide: Envelope, useValue: envelope },
        { provide: OutboxRelay, useValue: relay },
        { provide: TrustStore, useValue: trust },
        { provide: TokenVerifier, useValue: verifier },
        {
          provide: TrustGate,
          useFactory: () => new TrustGate(new TrustFeed(bus, connection, trust, log), trust, connection),
        },
        { provide: Announcer, useValue: new Announcer(new LivePublisher(connection), relay) },
        { provide: ReceiptSharing, useValue: new ReceiptSharing(config.SHARE_RECEIPTS) },
        { provide: EntryStore, useValue: new PostgresEntryStore(db, config.DATABASE_COMMIT_TIMEOUT_MS) },
        { provide: ConversationStore, useValue: new PostgresConversationStore(db) },
        { provide: ContactStore, useValue: new PostgresContactStore(db) },
        { provide: MemberStore, useValue: new PostgresMemberStore(db) },
        { provide: MarkStore, useValue: new PostgresMarkStore(db) },
        {
          provide: AppendCollector,
          useFactory: (store: EntryStore) =>
            new AppendCollector(new AppendBatch(store, new Standings(store), envelope, keyDays)),
          inject: [EntryStore],
        },
        {
          provide: BusServer,
          useFactory: (discovery: DiscoveryService, scanner: MetadataScanner) =>
            new BusServer(connection, verifier, log, discovery, scanner),
          inject: [DiscoveryService, MetadataScanner],
        },
        {
          provide: EventConsumer,
          useFactory: (departed: DepartedUsersHandler) =>
            new EventConsumer(events, {
              name: DEPARTED_USERS,
              contract: userRemoved,
              handle: (data) => departed.execute(data),
              log,
            }),
          inject: [DepartedUsersHandler],
        },
        {
          provide: CONTACT_CHANGES,
          useFactory: (review: ContactReview) =>
            new EventConsumer(events, {
              name: CONTACT_CHANGES,
              contract: contactsChanged,
              handle: (data, isStopping) => review.execute(data, isStopping),
              log,
            }),
          inject: [ContactReview],
        },
        AppendEntryHandler,
        ListEntriesHandler,
        SyncEntriesHandler,
        ConversationChanger,
        CreateConversationHandler,
        ReadConversationsHandler,
        UpdateConversationHandler,
        CloseConversationHandler,
        ChangeMembersHandler,
        ListMembersHandler,
        DepartedUsersHandler,
        Contacts,
        ContactReview,
        KeepRoomHandler,
        Access,
        MessageKeepingsHandler,
      ],
    };
  }
}

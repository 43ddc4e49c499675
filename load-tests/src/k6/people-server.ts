import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ROUTES } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import type { RelaisSession } from '@relais/sdk';

/** What one virtual user of k6 begins with. */
export interface Beginning {
  /** Where its socket goes. */
  url: string;
  /** The first frame, good for one socket and some minutes. */
  hello: string;
  /** That it writes to; somebody else hears it. */
  conversationId: ConversationId;
}

/**
 * Hands sessions to k6, which cannot sign as a device does: a proof of possession takes an Ed25519 key. It signs the first
 * frame of each socket, and nothing else goes through it. It also raises the alarm of a mass alarm.
 */
export class PeopleServer {
  private constructor(
    private readonly sessions: readonly RelaisSession[],
    private readonly gateways: readonly string[],
    private readonly conversations: readonly ConversationId[],
    private readonly server: Server,
  ) {}

  /** People in pairs, each with a conversation. The first one may raise alarms. */
  static async start(
    sessions: readonly RelaisSession[],
    gateways: readonly string[],
    { host = '127.0.0.1', port = 0 } = {},
  ): Promise<PeopleServer> {
    const conversations: ConversationId[] = [];
    for (let index = 0; index + 1 < sessions.length; index += 2)
      conversations.push(await between(sessions[index] as RelaisSession, sessions[index + 1] as RelaisSession));
    const server = createServer();
    const people = new PeopleServer(sessions, gateways, conversations, server);
    server.on('request', (request, response) => {
      people.answer(request).then(
        (found) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found)),
        (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : 'failed'),
      );
    });
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    return people;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer({ url = '/' }: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(url, 'http://people');
    if (pathname === '/alarm') return this.raise();
    if (pathname === '/begin') return this.begin(Number(searchParams.get('person')));
    return { people: this.conversations.length * 2 };
  }

  /** Numbers beyond the people there are begin again with the first. */
  private async begin(number: number): Promise<Beginning> {
    const person = number % (this.conversations.length * 2);
    const session = this.sessions[person] as RelaisSession;
    const gateway = this.gateways[number % this.gateways.length] as string;
    const url = `${gateway}/v1/realtime`;
    const token = await session.accessToken();
    const proof = session.proof({ method: 'GET', url, accessToken: token });
    return {
      url: url.replace(/^http/, 'ws'),
      hello: JSON.stringify({ type: 'hello', token, proof }),
      conversationId: this.conversations[Math.floor(person / 2)] as ConversationId,
    };
  }

  /** The text says when, in ms, for whoever hears it to tell how long it took. */
  private raise(): Promise<unknown> {
    return (this.sessions[0] as RelaisSession).call(ROUTES.raiseAlarm, {
      ...{ alarmId: newId<never>(), severity: 'emergency', title: 'Load test', text: String(Date.now()) },
      audience: { everyone: true },
    });
  }
}

async function between(one: RelaisSession, other: RelaisSession): Promise<ConversationId> {
  const { id } = await one.call(ROUTES.createConversation, {
    ...{ id: newId<ConversationId>(), kind: 'direct', memberIds: [other.tokens.userId] },
  });
  return id;
}

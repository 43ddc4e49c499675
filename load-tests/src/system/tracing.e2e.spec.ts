import { ROUTES } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { OtlpReceiver, type ReceivedSpan } from '@relais/testing';
import { Workload } from '../world/workload.js';
import { World } from '../world/world.js';
import { seeded } from '../world/random.js';
import { eventually } from './system.js';

const DEADLINE_MS = 240_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
const SECRET = 'who reads this in a trace';

describe('a cluster that is told of a collector', () => {
  let receiver: OtlpReceiver;
  let world: World;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ops%20team' };
    world = await World.start({ name: `tracing-${process.pid}`, replicas: 1, env });
    const sessions = await world.people.atLeast(8);
    const [first, second] = sessions;
    const { id } = await first!.call(ROUTES.createConversation, {
      ...{ id: newId<ConversationId>(), kind: 'group', title: SECRET, memberIds: [second!.tokens.userId] },
    });
    await first!.call(ROUTES.listEntries, { conversationId: id, after: 0, limit: 10 });
    await first!
      .call(ROUTES.listEntries, { conversationId: newId<ConversationId>(), after: 0, limit: 10 })
      .catch(() => undefined);
    const workload = await Workload.start(sessions, await world.cluster.gatewayUrls(), seeded(1));
    workload.run(20);
    await eventually(() => named('socket append').length > 0, 60_000);
    workload.stopWriting();
    await workload.settle(30_000);
    await workload.close();
    await eventually(() => named('listEntries').length >= 2, 60_000);
  }, DEADLINE_MS);

  afterAll(async () => {
    await world?.close();
    await receiver?.close();
  }, DEADLINE_MS);

  const named = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);
  const childrenOf = ({ spanId, traceId }: ReceivedSpan) =>
    receiver.spans.filter((span) => span.traceId === traceId && span.parentSpanId === spanId);
  /** The chain of names from a span down to a statement in a database, or undefined. */
  function downToSql(span: ReceivedSpan): string[] | undefined {
    if (span.name.startsWith('sql ')) return [`${span.service}: sql`];
    for (const child of childrenOf(span)) {
      const below = downToSql(child);
      if (below) return [`${span.service}: ${span.name}`, ...below];
    }
    return undefined;
  }
  const LIST = 'rpc.messaging.entry.list.v1';
  const APPEND = 'rpc.messaging.entry.append.v1';

  it('tells of a request from the gateway through the bus down to the database, as one trace', async () => {
    await eventually(() => named('listEntries').some((span) => downToSql(span)));
    const chains = named('listEntries').flatMap((span) => [downToSql(span)].filter((chain) => chain !== undefined));

    expect(chains[0]).toEqual([
      ...['gateway: listEntries', `gateway: ask ${LIST}`, `messaging: answer ${LIST}`, 'messaging: sql'],
    ]);
  });

  it('tells of what is sent over a socket, too', async () => {
    await eventually(() => named('socket append').some((span) => downToSql(span)));
    const chains = named('socket append').flatMap((span) => [downToSql(span)].filter((chain) => chain !== undefined));

    expect(chains[0]).toEqual([
      ...['gateway: socket append', `gateway: ask ${APPEND}`, `messaging: answer ${APPEND}`, 'messaging: sql'],
    ]);
  });

  it('tells what was refused, and why, by its code', () => {
    const refused = named(`answer ${LIST}`).filter(({ status }) => status.code === 2);
    const codes = refused.map(
      ({ attributes }) => attributes.find(({ key }) => key === 'error.type')?.value.stringValue,
    );

    expect(codes).toContain('conversation_not_found');
  });

  it('begins and ends each span within the one that asked', () => {
    const byId = new Map(receiver.spans.map((span) => [span.spanId, span]));
    const asked = receiver.spans.filter(
      ({ parentSpanId, name }) => byId.has(parentSpanId ?? '') && name.startsWith('ask '),
    );

    expect(asked.length).toBeGreaterThan(0);
    for (const { parentSpanId, startTimeUnixNano, endTimeUnixNano } of asked) {
      const parent = byId.get(parentSpanId!)!;
      expect(BigInt(startTimeUnixNano) >= BigInt(parent.startTimeUnixNano)).toBe(true);
      expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
    }
  });

  it('sends the headers that the collector asks for', () => {
    expect(receiver.headers.every((headers) => headers['x-tenant'] === 'ops team')).toBe(true);
  });

  it('tells nothing of what people say, of who they are or of what it was about', () => {
    const told = JSON.stringify(receiver.spans.map(({ name, attributes, status }) => ({ name, attributes, status })));

    expect(receiver.spans.length).toBeGreaterThan(50);
    expect(told).not.toContain(SECRET);
    expect(UUID.exec(told)).toBeNull();
  });
});

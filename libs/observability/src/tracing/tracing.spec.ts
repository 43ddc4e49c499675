import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@relais/kernel';
import { enterSpan, isTracing, type SpanStart, traced, traceparent, traceWith } from './trace.js';
import { type Span, Tracer } from './tracer.js';

const server = (name: string, parent?: string): SpanStart => ({ name, kind: 'server', attributes: {}, parent });
const client = (name: string): SpanStart => ({ name, kind: 'client', attributes: { to: name } });
const SENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a trace', () => {
  let ended: Span[];
  const named = (name: string) => ended.find((span) => span.name === name);
  const traceAll = (share = 1) => traceWith(new Tracer(share, (span) => ended.push(span)));

  beforeEach(() => {
    ended = [];
    traceAll();
  });
  afterEach(() => traceWith(undefined));

  it('follows work through what it waits for, and keeps apart what happens at the same time', async () => {
    const request = (name: string) =>
      traced(server(name), async () => {
        await pause(1);
        await Promise.all([traced(client(`${name} a`), () => pause(2)), traced(client(`${name} b`), () => pause(1))]);
      });
    await Promise.all([request('one'), request('two')]);

    expect(ended).toHaveLength(6);
    for (const name of ['one', 'two'])
      for (const child of [`${name} a`, `${name} b`])
        expect(named(child)).toMatchObject({ traceId: named(name)!.traceId, parentSpanId: named(name)!.spanId });
    expect(named('one')!.traceId).not.toBe(named('two')!.traceId);
  });

  it('goes on where a request says that it comes from, and says so to whoever is asked next', async () => {
    let sent: string | undefined;
    await traced(server('answer', SENT), async () => {
      sent = traceparent();
    });

    expect(named('answer')).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentSpanId: 'b7ad6b7169203331',
    });
    expect(sent).toBe(`00-${named('answer')!.traceId}-${named('answer')!.spanId}-01`);
  });

  it.each([
    '',
    '00-xyz',
    '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    SENT.replace(/[0-9a-f]{32}/, '0'.repeat(32)),
  ])('begins anew where what came is %j', async (header) => {
    await traced(server('answer', header), async () => undefined);

    expect(named('answer')!.parentSpanId).toBeUndefined();
    expect(named('answer')!.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is told of as a whole or not at all, as it was decided where it began', async () => {
    await traced(server('answer', SENT.replace(/01$/, '00')), () => traced(client('sql'), async () => undefined));
    expect(ended).toEqual([]);

    traceAll(0);
    let sent: string | undefined;
    await traced(server('request'), async () => void (sent = traceparent()));
    expect(ended).toEqual([]);
    expect(sent).toMatch(/-00$/);
  });

  it('has no part in what nobody asked for', async () => {
    await traced(client('sql of a timer'), async () => expect(traceparent()).toBeUndefined());
    expect(ended).toEqual([]);
  });

  it('tells the code of a failure, never its message', async () => {
    const fails = (error: unknown) => traced(server('request'), () => Promise.reject(error));
    await expect(fails(new AppError('forbidden', 'not_a_member', 'alice is not in it'))).rejects.toThrow('alice');
    await expect(fails(new TypeError('the text of a message'))).rejects.toThrow('text');

    expect(ended.map(({ failure }) => failure)).toEqual(['not_a_member', 'internal_error']);
    expect(
      JSON.stringify(ended, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toMatch(/alice|text of/);
  });

  it('lasts as long as the work did, by the wall clock', async () => {
    // The wall clock may have been set since the process began.
    const before = BigInt(Date.now() - 1_000) * 1_000_000n;
    const end = enterSpan(server('request'), () => undefined);
    await pause(20);
    end(undefined, { status: 200 });

    const { startedAtNs, endedAtNs, attributes } = named('request')!;
    expect(startedAtNs > before && endedAtNs - startedAtNs >= 15_000_000n).toBe(true);
    expect(endedAtNs <= BigInt(Date.now() + 1_000) * 1_000_000n).toBe(true);
    expect(attributes).toEqual({ status: 200 });
  });
});

describe('without a collector', () => {
  it('work is done, and nothing is known of a trace', async () => {
    expect(isTracing()).toBe(false);
    await expect(traced(server('request'), async () => traceparent() ?? 'nothing')).resolves.toBe('nothing');
    let went = false;
    enterSpan(server('request'), () => (went = true))('failed');
    expect(went).toBe(true);
  });
});

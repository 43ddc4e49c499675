import { OtlpReceiver } from '@relais/testing';
import { metrics } from '../metrics.js';
import { type Log, silentLog } from '../logger.js';
import { OtlpExporter } from './otlp.js';
import type { Span } from './tracer.js';

const span: Span = {
  ...{ name: 'ask', kind: 'client', attributes: { 'http.response.status_code': 503, 'http.route': '/v1/x' } },
  ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: 'c'.repeat(16), failure: 'overloaded' },
  ...{ startedAtNs: 1_764_000_000_000_000_001n, endedAtNs: 1_764_000_000_000_000_002n },
};

describe('a collector', () => {
  let receiver: OtlpReceiver;
  let warned: number;
  const opened: OtlpExporter[] = [];

  beforeEach(async () => {
    receiver = await OtlpReceiver.start();
    warned = 0;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((exporter) => exporter.close()));
    await receiver.close();
  });

  function exporter(endpoint = receiver.endpoint): OtlpExporter {
    const log: Log = { ...silentLog, warn: () => void warned++ };
    const one = new OtlpExporter({
      endpoint,
      headers: { authorization: 'Bearer t' },
      resource: { 'service.name': 'x' },
      log,
    });
    opened.push(one);
    return one;
  }
  const outcomes = async () => {
    const { values } = await metrics.getSingleMetric('relais_trace_spans_total')!.get();
    const counts = new Map(values.map(({ labels, value }) => [labels['outcome'], value]));
    return (outcome: string) => counts.get(outcome) ?? 0;
  };

  it('is given spans as OTLP has them, with the headers it asks for', async () => {
    const one = exporter(`${receiver.endpoint}/`);
    one.take(span);
    await one.close();

    expect(receiver.spans).toEqual([
      {
        service: 'x',
        ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: 'c'.repeat(16), name: 'ask', kind: 3 },
        ...{ startTimeUnixNano: '1764000000000000001', endTimeUnixNano: '1764000000000000002' },
        attributes: [
          { key: 'http.response.status_code', value: { intValue: '503' } },
          { key: 'http.route', value: { stringValue: '/v1/x' } },
          { key: 'error.type', value: { stringValue: 'overloaded' } },
        ],
        status: { code: 2 },
      },
    ]);
    expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer t', 'content-type': 'application/json' });
  });

  it('gets many in portions, none twice and none forgotten', async () => {
    const one = exporter();
    for (let index = 0; index < 2_000; index++) one.take({ ...span, spanId: String(index).padStart(16, '0') });
    await one.close();

    expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(2_000);
    expect(receiver.spans).toHaveLength(2_000);
    expect(receiver.headers.length).toBeGreaterThan(3);
  });

  it('that takes nothing costs its spans, one line in the log, and no more', async () => {
    receiver.status = 503;
    const before = await outcomes();
    const one = exporter();
    for (let index = 0; index < 1_200; index++) one.take(span);
    await one.close();

    const after = await outcomes();
    expect(after('dropped') - before('dropped')).toBe(1_200);
    expect(warned).toBe(1);
  });

  it('that is not there is waited for by nobody, and what waits for it has a bound', async () => {
    const before = await outcomes();
    const one = exporter('http://127.0.0.1:1');
    for (let index = 0; index < 10_000; index++) one.take(span);
    await one.close();

    const after = await outcomes();
    expect(after('dropped') - before('dropped')).toBe(10_000);
    expect(after('sent')).toBe(before('sent'));
  });
});

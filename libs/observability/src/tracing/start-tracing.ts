import type { Lifecycle } from '../lifecycle.js';
import type { Log } from '../logger.js';
import { traceWith } from './trace.js';

/** What tracing reads of the settings of a process. */
export interface TracingSettings {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  readonly OTEL_EXPORTER_OTLP_HEADERS?: string | undefined;
  readonly OTEL_TRACES_SAMPLER_ARG: number;
  readonly REPLICA: string;
  readonly VERSION: string;
}

/** Traces the work of this process where a collector is named. Nothing is loaded where there is none. */
export async function startTracing(
  service: string,
  settings: TracingSettings,
  log: Log,
  lifecycle: Lifecycle,
): Promise<void> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = '' } = settings;
  if (!endpoint) return;
  const [{ OtlpExporter }, { Tracer }] = await Promise.all([import('./otlp.js'), import('./tracer.js')]);
  const exporter = new OtlpExporter({
    ...{ endpoint, headers: headersOf(headers), log },
    resource: {
      'service.namespace': 'relais',
      'service.name': service,
      'service.version': settings.VERSION,
      'service.instance.id': settings.REPLICA,
    },
  });
  traceWith(new Tracer(settings.OTEL_TRACES_SAMPLER_ARG, exporter.take));
  lifecycle.add('tracing', () => {
    traceWith(undefined);
    return exporter.close();
  });
}

/** `name=value` pairs divided by commas, values percent-encoded, as OpenTelemetry has them. */
const headersOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair.includes('='))
      .map((pair) => [
        pair.slice(0, pair.indexOf('=')).trim(),
        decodeURIComponent(pair.slice(pair.indexOf('=') + 1).trim()),
      ]),
  );

import { isDeepStrictEqual } from 'node:util';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { claimSecret } from '../kubernetes/own-secret.js';
import { ready } from '../kubernetes/ready-conditions.js';
import type { Bringing, Brought } from '../kubernetes/reconcile.js';
import type { Recorder } from '../kubernetes/recorder.js';
import type { Term } from '../leader/elector.js';
import { failureOf, type Reasons } from '../relais/api-failure.js';
import type { AlertRoute, RouteDone, WrittenSecret } from './alert-route.js';
import type { OwnSource, OwnSources, SourceWithSecret } from './own-sources.js';
import { overlapOf, revisionOf, secretNameOf, secretOf, settingsOf, sourceIdOf } from './route-source.js';

/** What there is of the bot's sources; or why nobody knows. */
export type Known = ReadonlyMap<string, OwnSource> | Error;

const MISSING_SCOPE = ['Forbidden', 'the bot may not do this: give it the scope alarm-sources:write'] as const;
const REASONS: Reasons = {
  policy_not_found: ['PolicyUnknown', 'there is no escalation policy of this id: make it, or name another'],
  source_id_taken: ['SourceTaken', 'another bot has made the source of this route: delete that source, or this route'],
  too_many_sources: ['TooManySources', 'the organization has as many sources of alarms as it may: delete one'],
  forbidden: MISSING_SCOPE,
  scope_missing: MISSING_SCOPE,
};

/**
 * Brings the source and the Secret of a route into the state that it asks for: the source, then its secret into the Secret. A
 * secret is shown once; so wherever the status does not say that the one which the source has is in the Secret, or the Secret is
 * gone, there is another one.
 */
export class RouteReconciler implements Bringing<AlertRoute, RouteDone> {
  constructor(
    readonly api: KubernetesApi,
    readonly term: Term,
    readonly recorder: Recorder,
    private readonly sources: OwnSources,
    private readonly known: Known,
    private readonly webhookUrl: string,
  ) {}

  async bring(route: AlertRoute): Promise<Brought<RouteDone>> {
    if (this.known instanceof Error) throw this.known;
    const sourceId = sourceIdOf(route);
    // Before there is a secret that could not be written anywhere.
    const isMissing = await claimSecret(this.api, route, secretOf(route, { url: '', token: '' }), { isTrial: true });
    let source = await this.source(route, this.known.get(sourceId));
    if (!source.secret && (isMissing || !isDeepStrictEqual(route.status?.secret, this.written(route, source)))) {
      this.term.assertHeld();
      source = await this.sources.rotate(sourceId, overlapOf(route));
    }
    const secret = this.written(route, source);
    if (source.secret) {
      this.term.assertHeld();
      const content = secretOf(route, { url: secret.url, token: source.secret });
      await claimSecret(this.api, route, content, { isTrial: false });
    }
    return { done: { sourceId, secret }, said: [route.spec.isPaused ? PAUSED : ROUTED] };
  }

  failureOf = (error: unknown) => failureOf(error, REASONS);

  private async source(route: AlertRoute, known: OwnSource | undefined): Promise<SourceWithSecret> {
    const settings = settingsOf(route);
    if (known && isDeepStrictEqual(known.settings, settings)) return known;
    this.term.assertHeld();
    return this.sources.put(sourceIdOf(route), settings);
  }

  private written(route: AlertRoute, { path = '', secretId }: OwnSource): WrittenSecret {
    return {
      ...{ name: secretNameOf(route), url: `${this.webhookUrl}${path}`, revision: revisionOf(route) },
      ...(secretId !== undefined && { id: secretId }),
    };
  }
}

const ROUTED = ready('Routed', 'alerts that are posted to the url of the Secret raise alarms by the policy');
const PAUSED = ready('Paused', 'alerts raise nothing until isPaused is false');

import { isDeepStrictEqual } from 'node:util';
import { AppError } from '@relais/kernel';
import { conditionsSince } from '../kubernetes/conditions.js';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.js';
import { isCode } from '../kubernetes/objects.js';
import type { Recorder } from '../kubernetes/recorder.js';
import { assertNotFenced, changeStatus } from '../kubernetes/status.js';
import type { Term } from '../leader/elector.js';
import type { AlertRoute, AlertRouteStatus, WrittenSecret } from './alert-route.js';
import { type Failure, failureOf, SecretRefused } from './failure.js';
import type { OwnSource, OwnSources, SourceWithSecret } from './own-sources.js';
import { conditionsOf } from './route-conditions.js';
import { managerOf, overlapOf, revisionOf, secretNameOf, secretOf, settingsOf, sourceIdOf } from './route-source.js';

/** What there is of the bot's sources; or why nobody knows. */
export type Known = ReadonlyMap<string, OwnSource> | Error;
export type Outcome = 'gone' | 'ready' | 'failing' | 'stalled';

/**
 * Brings the source and the Secret of a route into the state that it asks for, for as long as the term lasts: the source, then
 * its secret into the Secret, then the status. A secret is shown once; so wherever the status does not say that the one which
 * the source has is in the Secret, or the Secret is gone, there is another one. Doing it twice is doing it once.
 */
export class RouteReconciler {
  constructor(
    readonly api: KubernetesApi,
    private readonly sources: OwnSources,
    private readonly webhookUrl: string,
    readonly term: Term,
    private readonly recorder: Recorder,
  ) {}

  /** @throws AppError `leadership_lost`, and what the API server says about the route itself */
  async reconcile(path: string, known: Known): Promise<Outcome> {
    const route = await this.api.get<AlertRoute>(path);
    if (!route || route.metadata.deletionTimestamp) return 'gone';
    assertNotFenced(this.term, route);
    const { done = {}, failure } = await this.attempt(route, known);
    await this.report(path, route, done, failure);
    if (!failure) return 'ready';
    return failure.isFinal ? 'stalled' : 'failing';
  }

  private async attempt(route: AlertRoute, known: Known): Promise<{ done?: AlertRouteStatus; failure?: Failure }> {
    try {
      if (known instanceof Error) throw known;
      return { done: await this.bring(route, known) };
    } catch (error) {
      if (this.term.signal.aborted || AppError.from(error).code === 'leadership_lost') throw error;
      return { failure: failureOf(error) };
    }
  }

  private async bring(
    route: AlertRoute,
    known: ReadonlyMap<string, OwnSource>,
  ): Promise<Pick<AlertRouteStatus, 'sourceId' | 'secret'>> {
    const sourceId = sourceIdOf(route);
    // Before there is a secret that could not be written anywhere.
    const isMissing = await this.writeSecret(route, { url: '', token: '' }, { isTrial: true });
    let source = await this.source(route, known.get(sourceId));
    if (!source.secret && (isMissing || !isDeepStrictEqual(route.status?.secret, this.written(route, source)))) {
      this.term.assertHeld();
      source = await this.sources.rotate(sourceId, overlapOf(route));
    }
    const secret = this.written(route, source);
    if (source.secret) {
      this.term.assertHeld();
      await this.writeSecret(route, { url: secret.url, token: source.secret }, { isTrial: false });
    }
    return { sourceId, secret };
  }

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

  /** @returns whether there was none */
  private async writeSecret(
    route: AlertRoute,
    content: { url: string; token: string },
    { isTrial }: { isTrial: boolean },
  ): Promise<boolean> {
    const name = secretNameOf(route);
    const path = `/api/v1/namespaces/${route.metadata.namespace}/secrets/${name}`;
    try {
      return await this.api.claim(path, secretOf(route, content), { manager: managerOf(route), isTrial });
    } catch (error) {
      throw isCode(error, 403, 409, 422) ? new SecretRefused(name, { cause: error }) : unreachable(error);
    }
  }

  /** Writes what was done of the generation that was looked at, and tells of it where it is news. */
  private async report(path: string, route: AlertRoute, done: AlertRouteStatus, failure?: Failure): Promise<void> {
    const said = conditionsOf(route.spec.isPaused === true, failure);
    const generation = route.metadata.generation ?? 0;
    const decide = ({ status }: AlertRoute): AlertRouteStatus => ({
      ...{ ...status, ...done, observedGeneration: generation },
      conditions: conditionsSince(said, status?.conditions, generation, this.api.now()),
    });
    const before = route.status?.conditions?.find(({ type }) => type === 'Ready');
    const [ready] = said;
    await changeStatus<AlertRoute>(this, path, decide, route);
    if (!ready || (before?.reason === ready.reason && before.message === ready.message)) return;
    await this.recorder.say(route, failure ? 'Warning' : 'Normal', ready.reason, ready.message);
  }
}

const unreachable = (cause: unknown): AppError =>
  new AppError('unavailable', 'api_server', 'the API server does not write the Secret', { cause });

import { counter, gauge, histogram } from '@relais/observability';

const leader = gauge('relais_operator_leader', 'Whether this operator leads; all of them together: 1');
const renewSeconds = histogram('relais_operator_lease_renew_duration_seconds', 'From reading the lease to its renewal');
const transitions = counter('relais_operator_lease_transitions_total', 'Times this operator took the lease');
const lastEvent = gauge(
  'relais_operator_watch_last_event_timestamp_seconds',
  'When the API server was last heard of, bookmarks included',
  ['resource'],
);
const restarts = counter('relais_operator_watch_restarts_total', 'Watches that broke and were begun anew', [
  'resource',
]);
const reconciles = counter('relais_operator_reconcile_total', 'Objects brought into the state they ask for', [
  'kind',
  'result',
]);
const reconcileSeconds = histogram('relais_operator_reconcile_duration_seconds', 'How long that took', ['kind']);
const surgeActive = gauge('relais_surge_active', 'Policies that hold more replicas than usual');
const requested = gauge('relais_surge_requested_replicas', 'Replicas that a surge asks for, of all policies');
const ready = gauge('relais_surge_ready_replicas', 'Replicas that are ready while a surge is on, of all policies');
const ageRatio = gauge(
  'relais_surge_age_ratio',
  'How long the longest surge has been on, over how long one alarm asks for, the way down included',
);
const triggerSeconds = histogram(
  'relais_surge_trigger_duration_seconds',
  'From the alarm or the switch to the raised minimum',
);
const leadSeconds = histogram(
  'relais_surge_lead_time_seconds',
  'From the alarm or the switch to as many ready replicas as were asked for',
  undefined,
  [1, 5, 10, 20, 30, 60, 120, 300, 600],
);
const skipped = counter('relais_surge_skipped_total', 'Alarms and switches that raised nothing', ['reason']);

export type SkipReason = 'small' | 'late' | 'known' | 'limited' | 'paused';

const routes = gauge('relais_operator_alert_routes', 'AlertRoutes as they were found last', ['state']);
const organizations = gauge('relais_operator_organizations', 'Organizations as they were found last', ['state']);
const people = gauge('relais_operator_organization_people', 'Active people of the organization of a namespace', [
  'namespace',
]);
const maxPeople = gauge(
  'relais_operator_organization_max_people',
  'How many active people it may have; not there where there is no end',
  ['namespace'],
);

export type Kind = 'SurgePolicy' | 'AlertRoute' | 'Organization';

/** All that alerts look at is there from the start, so that nothing is not taken for missing. */
export function declareSeries(): void {
  leader.set(0);
  for (const result of ['ok', 'failed']) reconciles.inc({ kind: 'SurgePolicy', result }, 0);
  for (const reason of ['small', 'late', 'known', 'limited', 'paused'] satisfies SkipReason[])
    skipped.inc({ reason }, 0);
  restarts.inc({ resource: 'surgepolicies' }, 0);
}

/** The same of AlertRoutes, where they are looked after. */
export function declareRoutes(): void {
  for (const result of ['ok', 'failed']) reconciles.inc({ kind: 'AlertRoute', result }, 0);
  restarts.inc({ resource: 'alertroutes' }, 0);
  routesAre({ ready: 0, failing: 0, stalled: 0 });
}

/** The same of Organizations. */
export function declareOrganizations(): void {
  for (const result of ['ok', 'failed']) reconciles.inc({ kind: 'Organization', result }, 0);
  restarts.inc({ resource: 'organizations' }, 0);
  organizationsAre({ ready: 0, failing: 0, stalled: 0 });
}

export const leads = (isLeading: boolean): void => leader.set(isLeading ? 1 : 0);
export const leaseRenewed = (durationMs: number): void => renewSeconds.observe(durationMs / 1_000);
export const leaseTaken = (): void => transitions.inc();

export const heard = (resource: string): void => lastEvent.set({ resource }, Date.now() / 1_000);
export const watchRestarted = (resource: string): void => restarts.inc({ resource });

export function reconciled(kind: Kind, result: 'ok' | 'failed', durationMs: number): void {
  reconciles.inc({ kind, result });
  reconcileSeconds.observe({ kind }, durationMs / 1_000);
}

type States = Readonly<Record<'ready' | 'failing' | 'stalled', number>>;

/** As of the last look at all routes. */
export function routesAre(states: States): void {
  for (const [state, count] of Object.entries(states)) routes.set({ state }, count);
}

/** As of the last look at all organizations; their namespaces are those of the settings. */
export function organizationsAre(states: States): void {
  for (const [state, count] of Object.entries(states)) organizations.set({ state }, count);
}

export function peopleMeasured(namespace: string, quota: { people: number; maxPeople: number | null }): void {
  people.set({ namespace }, quota.people);
  if (quota.maxPeople === null) maxPeople.remove({ namespace });
  else maxPeople.set({ namespace }, quota.maxPeople);
}

/** Only who leads knows. */
export function peopleUnknown(): void {
  people.reset();
  maxPeople.reset();
}

/** As of the last look at all policies. */
export function surges(sum: { active: number; requested: number; ready: number; ageRatio: number }): void {
  surgeActive.set(sum.active);
  requested.set(sum.requested);
  ready.set(sum.ready);
  ageRatio.set(sum.ageRatio);
}
export const surgeRaised = (afterMs: number): void => triggerSeconds.observe(afterMs / 1_000);
export const surgeReached = (afterMs: number): void => leadSeconds.observe(afterMs / 1_000);
export const surgeSkipped = (reason: SkipReason): void => skipped.inc({ reason });

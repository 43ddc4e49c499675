import { type AlarmPath, alarmPath, type Severity, severity } from '@relais/contracts';
import { counter, gauge, histogram } from '@relais/observability';
/** Bounds of the service levels among them: 3 s to be reached, 5 s to be told, 10 s late at most. */
const ALARM_SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60];
/** People take longer than machines. */
const HUMAN_SECONDS = [5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];
/** Steps beyond count as the last. */
const LAST_LEVEL = 5;

const alarms = counter('relais_alarms_total', 'Alarms asked for, by what became of it', [
  'severity',
  'source',
  'outcome',
]);
const dispatch = histogram(
  'relais_alarm_dispatch_duration_seconds',
  'From the alarm until the last of its first people was told, by the database',
  ['severity'],
  ALARM_SECONDS,
);
const delivery = histogram(
  'relais_alarm_delivery_duration_seconds',
  'From the decision to tell a person by a path until their device had it, by the database',
  ['severity', 'path'],
  ALARM_SECONDS,
);
const acknowledgement = histogram(
  'relais_alarm_ack_duration_seconds',
  'From the first telling of a person until their first answer',
  ['severity'],
  HUMAN_SECONDS,
);
const findings = gauge(
  'relais_alarm_policy_findings',
  'What would not work in an emergency, found in policies and rosters when they were last looked at',
  ['severity'],
);
const unreached = gauge(
  'relais_alarm_unreached_recipients',
  'People told of an open alarm more than a minute ago, none of whose devices has it',
  ['severity'],
);
const awaiting = gauge(
  'relais_alarm_awaiting_approval_seconds',
  'For how long the oldest alarm that waits for a second person has waited; 0 when none does',
);
const escalations = counter(
  'relais_alarm_escalations_total',
  'Steps of alarms that came, by how far they had got (1 to 5)',
  ['level', 'outcome'],
);
const escalationDelay = histogram(
  'relais_alarm_escalation_delay_seconds',
  'How late steps came, by the database (level 0 is the first telling)',
  ['level'],
  ALARM_SECONDS,
);
const probeSuccess = gauge(
  'relais_alarm_probe_success',
  'Whether the last test alarm came through, seen by alerting (inside) or by relais-probe (outside)',
  ['vantage'],
);
const probeSeconds = histogram(
  'relais_alarm_probe_duration_seconds',
  'From a test alarm until the device that waits for it had it',
  ['vantage'],
  ALARM_SECONDS,
);
const drillScore = gauge(
  'relais_alarm_drill_score',
  'Score of the last drill, 0 to 100, by whom it was for: the lowest of all organizations',
  ['audience'],
);
const cycleSeconds = histogram('relais_alarm_engine_cycle_duration_seconds', 'One look at what is due, and doing it');
const cycleAge = gauge('relais_alarm_engine_cycle_age_seconds', 'How long ago the last cycle of the engine ended well');
const timers = counter('relais_alarm_timers_fired_total', 'Timers that were due and done', ['kind']);
const failedTimers = counter('relais_alarm_timers_failed_total', 'Timers that could not be done and are tried again');
const notifications = counter(
  'relais_alarm_notifications_total',
  'Attempts to tell one person by one path, by what came of it',
  ['path', 'outcome'],
);
const watchProbe = gauge(
  'relais_watch_probe_success',
  'Whether the last look at something of the first channel went well, by what it is: 1, or 0',
  ['kind'],
);
const watchLooks = counter('relais_watch_looks_total', 'Looks at the first channel, by what was seen', [
  'kind',
  'outcome',
]);
const watchSeconds = histogram('relais_watch_look_duration_seconds', 'How long a look at the first channel took', [
  'kind',
]);
const watchOutages = counter('relais_watch_conclusions_total', 'What the watch has concluded', ['outcome']);
const unreachable = counter(
  'relais_alarm_unreachable_recipients_total',
  'People who were to be told of an alarm and had no way to be told by',
);
const deadDestinations = counter(
  'relais_alarm_dead_destinations_total',
  'Devices and addresses of which whoever runs the way said that they do not exist any more',
  ['kind'],
);
const answers = counter('relais_alarm_answers_total', 'Answers to alarms', ['means']);

export type AlarmOutcome = 'open' | 'awaiting_approval' | 'duplicate';
export const alarmRaised = (severity: Severity, source: string, outcome: AlarmOutcome): void =>
  alarms.inc({ severity, source, outcome });
export const alarmDispatched = (severity: Severity, seconds: number): void => dispatch.observe({ severity }, seconds);
export const alarmDelivered = (severity: Severity, path: AlarmPath, seconds: number): void =>
  delivery.observe({ severity, path }, seconds);
export const alarmAnswered = (severity: Severity, means: string, afterSeconds: number | null): void => {
  answers.inc({ means });
  if (afterSeconds !== null) acknowledgement.observe({ severity }, afterSeconds);
};
export const findingsAre = (severity: string, count: number): void => findings.set({ severity }, count);
export const unreachedAre = (severity: string, recipients: number): void => unreached.set({ severity }, recipients);
export const awaitingIs = (seconds: number): void => awaiting.set(seconds);
/** A step came; `told` is false when nobody was left to be told, or it was left out. */
export const stepCame = (step: number, cycle: number, told: boolean, lateSeconds: number): void => {
  const level = String(Math.min(step + cycle, LAST_LEVEL));
  if (level !== '0') escalations.inc({ level, outcome: told ? 'told' : 'nobody' });
  escalationDelay.observe({ level }, Math.max(0, lateSeconds));
};
export const probeEnded = (seconds: number): void => probeSeconds.observe({ vantage: 'inside' }, seconds);
export const probeSuccessIs = (isThrough: boolean): void => probeSuccess.set({ vantage: 'inside' }, isThrough ? 1 : 0);
export const drillScoreIs = (audience: string, score: number): void => drillScore.set({ audience }, score);
export const cycleTook = (seconds: number): void => cycleSeconds.observe(seconds);
export const cycleAgeIs = (seconds: number): void => cycleAge.set(seconds);
export const timerFired = (kind: string): void => timers.inc({ kind });
export const timerFailed = (): void => failedTimers.inc();
export const probeLooked = (kind: string, outcome: 'ok' | 'failed' | 'unknown', seconds: number): void => {
  watchLooks.inc({ kind, outcome });
  watchSeconds.observe({ kind }, seconds);
  if (outcome !== 'unknown') watchProbe.set({ kind }, outcome === 'ok' ? 1 : 0);
};
export const outageConcluded = (isOutage: boolean): void => watchOutages.inc({ outcome: isOutage ? 'outage' : 'over' });
export const notificationEnded = (path: string, outcome: string): void => notifications.inc({ path, outcome });
export const destinationDied = (kind: string): void => deadDestinations.inc({ kind });
export const peopleUnreachable = (count: number): void => unreachable.inc(count);

/** Series exist from the start, so that the first event counts in a rate over them. */
function declareSeries(): void {
  const levels = Array.from({ length: LAST_LEVEL + 1 }, (_, level) => String(level));
  for (const one of severity.options) {
    for (const outcome of ['open', 'awaiting_approval', 'duplicate'])
      alarms.inc({ severity: one, source: 'api', outcome }, 0);
    for (const path of alarmPath.options) delivery.zero({ severity: one, path });
    dispatch.zero({ severity: one });
    acknowledgement.zero({ severity: one });
    unreached.set({ severity: one }, 0);
  }
  for (const one of ['error', 'warning']) findings.set({ severity: one }, 0);
  for (const level of levels) {
    escalationDelay.zero({ level });
    if (level !== '0') for (const outcome of ['told', 'nobody']) escalations.inc({ level, outcome }, 0);
  }
  for (const path of alarmPath.options)
    for (const outcome of ['sent', 'failed', 'queued']) notifications.inc({ path, outcome }, 0);
}

declareSeries();

const providers = gauge('relais_alarm_provider_up', 'Whether a provider is asked, or left out because it fails', [
  'provider',
]);
const sendings = counter('relais_alarm_provider_sendings_total', 'What came of sending, by provider', [
  'provider',
  'outcome',
]);
const sendingSeconds = histogram('relais_alarm_provider_duration_seconds', 'How long providers take', ['provider']);

export const providerChanged = (provider: string, isUp: boolean): void => providers.set({ provider }, isUp ? 1 : 0);
export const providerAnswered = (provider: string, outcome: string, ms: number): void => {
  sendings.inc({ provider, outcome });
  sendingSeconds.observe({ provider }, ms / 1_000);
};

const reports = counter('relais_alarm_delivery_reports_total', 'What providers said became of messages and calls', [
  'provider',
  'report',
]);
export const deliveryReported = (provider: string, report: string): void => reports.inc({ provider, report });

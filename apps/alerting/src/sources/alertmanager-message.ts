import { LIMITS, receiveAlertmanager, type AlarmSourceSettings } from '@relais/contracts';
import { z } from 'zod';
import { clipped, type Incident, worstOf } from './incident.js';
import { routed } from './route-incident.js';
import { rendered } from './template.js';

type Settings = Extract<AlarmSourceSettings, { kind: 'alertmanager' }>;

const MOST_ALERTS = 2_000;
const SHOWN_ALERTS = 20;
const labels = z.record(z.string().max(1_024), z.string()).default({});
const alert = z.object({ status: z.enum(['firing', 'resolved']), labels, annotations: labels });

/** What a webhook receiver of Alertmanager is posted. Other versions have other groups: they are refused. */
const message = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  truncatedAlerts: z.int().min(0).default(0),
  status: z.enum(['firing', 'resolved']),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  alerts: z.array(alert).min(1).max(MOST_ALERTS),
});
type Alert = z.output<typeof alert>;

/**
 * Reads a message of Alertmanager.
 *
 * @throws AppError `malformed_delivery` when it is none
 */
export function incidentOf(body: string, settings: Settings): Incident {
  const { groupKey, status, truncatedAlerts, ...said } = read(body);
  const firing = said.alerts.filter((one) => one.status === 'firing');
  const told = firing.length > 0 ? firing : said.alerts;
  const { severity, ...route } = worstRoute(settings, told);
  const counts = { status, count: String(told.length + truncatedAlerts), group: valuesOf(said.groupLabels) };
  const title = rendered(settings.title, {
    label: { ...told[0]?.labels, ...said.commonLabels },
    annotation: { ...told[0]?.annotations, ...said.commonAnnotations },
    ...counts,
  });
  const lines = told
    .slice(0, SHOWN_ALERTS)
    .map((one) => rendered(settings.text, { label: one.labels, annotation: one.annotations, ...counts }))
    .filter((line) => line !== '');
  const more = told.length - Math.min(told.length, SHOWN_ALERTS) + truncatedAlerts;
  const text = [...new Set(lines), ...(more > 0 ? [`+ ${more}`] : [])].join('\n');
  return {
    ...{ status, severity, key: groupKey, isWhole: true, ...route },
    title: clipped(title || settings.name, LIMITS.titleBytes),
    // Whoever is woken reads it once.
    text: text === title ? '' : clipped(text, LIMITS.alarmTextBytes),
  };
}

/** A group is as bad as the worst of its alerts. */
function worstRoute(settings: Settings, alerts: readonly Alert[]) {
  const every = alerts.map((one) => routed(settings, one.labels, one.labels[settings.severityLabel]));
  const worst = worstOf(every.map(({ severity }) => severity));
  return every.find(({ severity }) => severity === worst) ?? routed(settings, {}, undefined);
}

function read(body: string): z.output<typeof message> {
  try {
    return message.parse(JSON.parse(body));
  } catch (cause) {
    throw receiveAlertmanager.fail('malformed_delivery', 'expected a message of Alertmanager, version 4', { cause });
  }
}

const valuesOf = (groupLabels: Readonly<Record<string, string>>): string => Object.values(groupLabels).join(' ');

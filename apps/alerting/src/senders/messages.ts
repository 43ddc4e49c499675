import type { Severity } from '@relais/contracts';

/** An alarm on its way to one person, with as much of what it says as may leave the server by this way. */
export interface AlarmMessage {
  /** Of the notification: the same with every repetition. */
  id: string;
  organizationId: string;
  alarmId: string;
  step: number;
  cycle: number;
  severity: Severity;
  isDrill: boolean;
  /** The device keeps it to itself: a drill or a probe that disturbs nobody. */
  isSilent?: boolean;
  /** Empty where the organization lets nothing out. */
  title: string;
  text: string;
  /** So many others to the same destination are told with this one. */
  more: number;
  /** Where the person can see and answer it. */
  link: string | null;
}

/** What wakes an app: ids by which it fetches from the server what there is to see. Nothing else leaves (P-49). */
export interface Wake {
  /** Of the notification where there is one: repetitions are known by it. */
  id: string | null;
  importance: 'critical' | 'urgent' | 'normal';
  /** After which the provider may throw it away. */
  ttlSeconds: number;
  /** Of several with the same one, the latest is enough; 32 characters of base64url at most. */
  collapse: string;
  /** What the app is to say before it has fetched anything: a key of its own translations. */
  titleKey: string;
  /** Wakes the app and shows nothing; what it fetches it acknowledges by itself. */
  isQuiet?: boolean;
  data: Readonly<Record<string, string>>;
}

const WAKE_AS = {
  emergency: { importance: 'critical', ttlSeconds: 14_400, titleKey: 'RELAIS_EMERGENCY' },
  alarm: { importance: 'urgent', ttlSeconds: 14_400, titleKey: 'RELAIS_ALARM' },
  notice: { importance: 'normal', ttlSeconds: 86_400, titleKey: 'RELAIS_NOTICE' },
} as const satisfies Record<Severity, unknown>;

export const alarmWake = ({ id, organizationId, alarmId, step, cycle, severity, ...alarm }: AlarmMessage): Wake => ({
  ...{ id, isQuiet: alarm.isSilent ?? false },
  ...WAKE_AS[severity],
  collapse: compact(alarmId),
  data: {
    ...{ type: 'alarm', notificationId: id, organizationId, alarmId, step: String(step), cycle: String(cycle) },
    ...{ severity, isDrill: String(alarm.isDrill) },
  },
});

/** Something was said in a conversation. */
export interface EntryNews {
  organizationId: string;
  conversationId: string;
  seq: number;
  kind: string;
}

export const entryWake = ({ organizationId, conversationId, seq, kind }: EntryNews): Wake => ({
  ...{ id: null, importance: 'normal', ttlSeconds: 86_400, titleKey: 'RELAIS_MESSAGE' },
  collapse: compact(conversationId),
  data: { type: 'entry', organizationId, conversationId, seq: String(seq), kind },
});

const compact = (id: string): string => id.replaceAll('-', '');

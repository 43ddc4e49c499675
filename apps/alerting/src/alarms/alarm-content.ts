import { createHash } from 'node:crypto';
import type { Alarm, AnswerOption } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { AlarmRow } from './alarm-rows.postgres.js';

/** What an alarm says and asks. */
export interface AlarmContent {
  title: string;
  text: string;
  answers: readonly AnswerOption[];
}

/** What cannot be opened any more is empty; everything else about it is there. */
export const toAlarm = (row: AlarmRow, content: AlarmContent | null): Alarm => ({
  ...{ id: row.id, severity: row.severity, state: row.state, needed: row.needed, accepted: row.accepted },
  ...{ title: content?.title ?? '', text: content?.text ?? '', answers: [...(content?.answers ?? [])] },
  ...(row.raised_by ? { raisedBy: row.raised_by as UserId } : {}),
  ...{ raisedAt: row.raised_at.toISOString(), updatedAt: row.updated_at.toISOString() },
  ...{ isDrill: row.is_drill, isSilent: row.is_silent },
  ...{ strategy: row.strategy, positions: row.positions },
  ...(row.closes_at ? { closesAt: row.closes_at.toISOString() } : {}),
});

/** The same request gives the same digest, so that a repetition is told from another alarm under the same id. */
export const digestOf = (request: object): Buffer => createHash('sha256').update(JSON.stringify(request)).digest();

import { Injectable } from '@nestjs/common';
import { type AlarmSourceKind, type Audience, raiseAlarm, receiveAlertmanager, type Severity } from '@relais/contracts';
import { AppError, type OrganizationId } from '@relais/kernel';
import { RaiseAlarmHandler } from '../alarms/raise-alarm.js';
import { systemSubject } from '../facts/record-fact.js';

/** A source that raises something. */
export interface Raiser {
  organizationId: OrganizationId;
  sourceId: string;
  kind: AlarmSourceKind;
  raises: { audience: Audience; policyId?: string | undefined; needed: number };
}

export interface Raising {
  /** The same for the same cause: raising it again raises nothing. */
  alarmId: string;
  severity: Severity;
  title: string;
  text: string;
  audience: Audience;
  policyId?: string | undefined;
  dedupKey?: string;
  isDrill?: boolean;
}

export interface Raised {
  alarmId: string;
  state: 'open' | 'awaiting_approval';
  isDuplicate: boolean;
}

/** What is meant is gone or nobody: so for ever, however often the sender repeats it. What the source itself has is tried instead. */
const isOfTheRoute = (error: unknown): boolean => ['not_found', 'invalid'].includes(AppError.from(error).kind);

export const sourceSubject = (id: string) => systemSubject('alarm_source', id);

/** Raises alarms in the name of a source. It may alarm everybody: who made it says whom. */
@Injectable()
export class RaiseFromSource {
  constructor(private readonly raiser: RaiseAlarmHandler) {}

  /**
   * @throws AppError `source_cannot_raise` when nobody is told whatever is tried: worth repeating, somebody may put it right;
   *   and whatever keeps alarms from being raised now
   */
  async raise(from: Raiser, raising: Raising): Promise<Raised> {
    try {
      return await this.attempt(from, raising);
    } catch (error) {
      if (!isOfTheRoute(error)) throw error;
      const { audience, policyId } = from.raises;
      const plain = { ...raising, audience, policyId };
      return this.attempt(from, plain).catch((second: unknown) => {
        throw isOfTheRoute(second)
          ? receiveAlertmanager.fail('source_cannot_raise', AppError.from(second).code)
          : second;
      });
    }
  }

  private async attempt(
    { organizationId, sourceId, kind, raises }: Raiser,
    { policyId, ...raising }: Raising,
  ): Promise<Raised> {
    const command = raiseAlarm.input.parse({ ...raising, needed: raises.needed, ...(policyId ? { policyId } : {}) });
    const origin = { organizationId, from: null, actor: sourceSubject(sourceId), source: kind };
    try {
      return await this.raiser.raise(command, origin);
    } catch (error) {
      if (AppError.from(error).code !== 'alarm_id_reused') throw error;
      // The open one of this key ended a moment ago: who repeats it raises another.
      if (raising.dedupKey) throw new AppError('unavailable', 'overloaded', 'an alarm of this key ends right now');
      // The same cause, said in other words the time before.
      return { alarmId: command.alarmId as string, state: 'open', isDuplicate: true };
    }
  }
}

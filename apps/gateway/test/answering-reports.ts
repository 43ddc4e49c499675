import { Controller } from '@nestjs/common';
import { Serves } from '@relais/bus';
import {
  listEscalationPolicies,
  listPools,
  listRosters,
  listUsers,
  readAlarmReport,
  readDrill,
} from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { z } from 'zod';

export const HOSTILE = `1+1</td><script>alert("x")</script>`;
const KNOWN = '11111111-1111-7111-8111-111111111111' as UserId;
const NOWHERE = '00000000-0000-7000-8000-000000000000';
const at = '2026-01-01T12:00:00.000Z';

/** Alerting and auth, as far as a report of two pages needs them. */
@Controller()
export class AnsweringReports {
  @Serves(listUsers)
  async users(): Promise<z.input<typeof listUsers.output>> {
    return { items: [{ id: KNOWN, displayName: 'Known Person', role: 'member', state: 'active' }] } as never;
  }

  @Serves(readAlarmReport)
  async report({
    alarmId,
    cursor,
  }: z.output<typeof readAlarmReport.input>): Promise<z.input<typeof readAlarmReport.output>> {
    if (alarmId === NOWHERE) throw readAlarmReport.fail('alarm_not_found');
    const alarm = {
      ...{ id: alarmId, severity: 'alarm' as const, title: HOSTILE, text: '', state: 'open' as const, answers: [] },
      ...{
        needed: 1,
        accepted: 0,
        raisedAt: at,
        updatedAt: at,
        isDrill: false,
        strategy: 'escalating' as const,
        positions: [],
      },
    };
    const told = [{ step: 0, cycle: 0, path: 'socket' as const, state: 'sent' as const, queuedAt: at, attempts: 1 }];
    const item = { userId: KNOWN, told, answer: 'coming', note: `=${HOSTILE}`, answeredAt: at };
    const checklist: never[] = [];
    const summary = { recipients: 2, reached: 0, answered: 2, steps: [] };
    return cursor ? { alarm, checklist, items: [item] } : { alarm, checklist, items: [item], summary, next: 'second' };
  }

  @Serves(readDrill)
  async drill({ drillId }: { drillId: string }): Promise<z.input<typeof readDrill.output>> {
    if (drillId === NOWHERE) throw readDrill.fail('drill_not_found');
    const plan = { poolIds: [KNOWN as never], everyone: false, seconds: 60 };
    return {
      id: drillId as never,
      state: 'running',
      trigger: 'person',
      plan,
      startedBy: KNOWN,
      startedAt: at,
      endsAt: at,
    };
  }

  @Serves(listPools)
  async pools(): Promise<z.input<typeof listPools.output>> {
    return { items: [] };
  }

  @Serves(listRosters)
  async rosters(): Promise<z.input<typeof listRosters.output>> {
    return { items: [] };
  }

  @Serves(listEscalationPolicies)
  async policies(): Promise<z.input<typeof listEscalationPolicies.output>> {
    return { items: [] };
  }
}

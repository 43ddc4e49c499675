import type { Tx } from '@relais/database';
import { closeDue } from '../alarms/close-alarm.js';
import type { Hand } from '../notifications/hand.js';
import { pathDue } from './due-path.js';
import { OnDuty, stepDue } from './due-step.js';
import type { Timer } from './timers.postgres.js';
import { Duty } from './work.js';
import { Injectable } from '@nestjs/common';

/** What the timers of an alarm are for. */
@Injectable()
export class Escalation {
  constructor(private readonly onDuty: OnDuty) {}

  @Duty('step')
  step(tx: Tx, timer: Timer, hand: Hand): Promise<boolean> {
    return stepDue(tx, timer, { onDuty: this.onDuty, hand });
  }

  @Duty('path')
  path(tx: Tx, timer: Timer): Promise<boolean> {
    return pathDue(tx, timer);
  }

  @Duty('close')
  close(tx: Tx, timer: Timer): Promise<boolean> {
    return closeDue(tx, timer);
  }

  /** Something waits to be sent, and the replica that had it may have ended. */
  @Duty('send')
  send(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

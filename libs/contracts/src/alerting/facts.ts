import { fact } from '../auth/facts.js';
import { defineEvent } from '../define.js';

/** Every action that alerting records a fact of. */
export const ALERTING_ACTIONS = {
  'alarm.raised':
    'An alarm was raised; approval by a second person is needed, waived (an emergency to many people) or none',
  'alarm.approved': 'A second person let an alarm to many people out',
  'alarm.step-reached': 'The people of a step of an alarm are told',
  'alarm.step-empty':
    'A step of an alarm came and there is nobody in it, or nobody on duty: how many rosters had nobody',
  'alarm.answered': 'Somebody answered an alarm',
  'alarm.acknowledged': 'Enough people have taken an alarm on: it escalates no further',
  'alarm.changed': 'Title or text of an alarm were changed',
  'alarm.ended': 'An alarm is over: all-clear, cancelled, or its time has passed',
  'escalation-policy.set': 'Who is told next was said',
  'escalation-policy.deleted': 'A policy was deleted; alarms under way keep it',
  'alarm.taken-along': 'A shift changed: whoever is on duty now is told of an open alarm instead of whoever was',
  'roster.set': 'Who is on duty when was said',
  'roster.deleted': 'A roster was deleted',
  'duty-override.set': 'Somebody else is on duty for a time',
  'duty-override.deleted': 'The usual holds again',
  'qualification.set': 'What people may be able to do was named',
  'qualification.deleted': 'A qualification was deleted: nobody holds it any more',
  'qualification.held': 'Somebody holds a qualification, or until another time',
  'qualification.released': 'Somebody holds a qualification no more',
  'duty.began': 'Somebody is on duty from now on',
  'duty.ended': 'Somebody is on duty no more',
  'duty.hand-over-confirmed': 'A successor has taken over: the predecessor is relieved',
  'duty.hand-over-reminded': 'A hand-over that nobody has confirmed was brought to mind',
  'alarm.conversation-incomplete':
    'Not everybody who belongs into the conversation of an alarm is in it: how many are not',
  'alarm.checklist-added': 'Somebody added something to do to an alarm',
  'alarm.checklist-ticked': 'Something to do in an alarm is done',
  'alarm.checklist-unticked': 'It is not done after all',
  'alarm-template.set': 'An alarm was prepared: what it says and to whom',
  'alarm-template.deleted': 'A prepared alarm was deleted; those that were raised with it go on',
  'watch-settings.changed': 'When the watch on the first channel finds an outage was said',
  'watch-probe.set': 'What the watch looks at was said',
  'watch-probe.deleted': 'The watch looks at something no more',
  'watch.outage-found': 'Enough probes are down: the watch has found an outage',
  'watch.outage-over': 'Enough probes are up again',
  'crisis-plan.set': 'What happens in an outage was said',
  'outage.began': 'Outage mode is on: people are told, the conversations of the crisis are open',
  'outage.ended': 'Outage mode is off: the all-clear is given, the report is written',
  'alarm-findings.error-found': 'Something that would not work in an emergency was found in a policy or a roster',
  'push-registration.added': 'A device is woken somewhere from now on, or somewhere else than before',
  'push-registration.removed':
    'A device is not woken any more: its own wish, or it was put out; or the push service forgot it',
  'contact-point.added': 'There is another way to reach a person: theirs, or said by an administrator',
  'contact-point.removed': 'A way to reach a person was taken away',
  'contact-point.unusable': 'Whoever runs the way says that an address does not exist any more: nobody is told there',
  'contact-point.verified':
    'A person gave back the code that came to their address; refused: not the code, or too late',
  'contact-code.sent': 'A code was sent to an address that a person says is theirs',
  'contact-rules.changed': 'A person said by which ways they want to be told',
  'drill.started': 'A silent drill began',
  'drill.ended': 'A silent drill was judged at the end of its time',
  'drill.interrupted': 'A silent drill made way for a real alarm to some of its people',
  'alarm-settings.changed': 'How the organization alarms was changed',
  'alarm-source.put': 'A source of alarms was made or changed',
  'alarm-source.secret-rotated': 'A source of alarms has a new secret; the one before is taken for a while more',
  'alarm-source.deleted': 'A source of alarms was deleted; alarms it raised go on',
  'alarm-source.skipped': 'The time of a scheduled alarm was over before anything here ran: it was not raised',
} as const satisfies Record<string, string>;
export type AlertingAction = keyof typeof ALERTING_ACTIONS;

/** What was done with alarms: see the facts of auth. */
export const alertingFactRecorded = defineEvent({ subject: 'evt.alerting.fact.recorded.v1', data: fact });

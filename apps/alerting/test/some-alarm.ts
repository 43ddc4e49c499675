import type { AlarmMessage } from '../src/senders/messages.js';

/** An alarm on its way to somebody. */
export const someAlarm = (more: Partial<AlarmMessage> = {}): AlarmMessage => ({
  ...{ id: '0198a1b2-0000-7000-8000-00000000000a', organizationId: '0198a1b2-0000-7000-8000-00000000000b' },
  ...{ alarmId: '0198a1b2-0000-7000-8000-00000000000c', step: 0, cycle: 0, severity: 'alarm', isDrill: false },
  ...{ title: 'Bomb threat', text: 'Hall 3', more: 0, link: 'https://app.example/alarms/1' },
  ...more,
});

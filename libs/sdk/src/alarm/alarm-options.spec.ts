import { readAlarmOptions } from './alarm-options.js';

const wishOf = (...args: string[]) => readAlarmOptions(args).wish;

describe('the command line of relais-alarm', () => {
  it('names groups one after the other', () => {
    expect(wishOf('Fire', '--to', 'bob,carol', '--then', 'alice', '--wait', '15')).toEqual({
      kind: 'raise',
      alarm: {
        ...{ title: 'Fire', text: '', severity: 'alarm', needed: 1, waitSeconds: 15 },
        groups: [['bob', 'carol'], ['alice']],
      },
      follows: true,
    });
  });

  it('names the alarm that a second person lets out', () => {
    const alarmId = '01a20c08-fb2a-747f-9f33-874b0bc278bc';
    expect(wishOf('--approve', alarmId)).toEqual({ kind: 'approve', alarmId });
  });

  it.each([
    [['Fire'], 'who is told'],
    [['Fire', 'in', 'hall', '--to', 'bob'], 'put the title in quotes: "Fire in hall"'],
    [['Fire', '--to', 'bob,'], 'not a list of names'],
    [['Fire', '--to', 'bob', '--wait', '5'], '--wait is a number from 10'],
    [['Fire', '--to', 'bob', '--severity', 'panic'], '--severity is one of emergency, alarm, notice'],
    [['--report', 'x'], 'not an id'],
    [['--drill', 'x'], 'not an id'],
  ])('%j is refused with what to do', (args, message) => {
    expect(() => wishOf(...args)).toThrow(message);
  });

  it('without anything is helped', () => {
    expect(wishOf()).toEqual({ kind: 'help' });
  });
});

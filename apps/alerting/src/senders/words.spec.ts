import { someAlarm } from '../../test/some-alarm.js';
import { mailText, shortText, spokenText } from './words.js';

describe('what a server says itself', () => {
  it('is in the language of the person where it is spoken, else in English', () => {
    const drill = someAlarm({ severity: 'emergency', isDrill: true, more: 1, text: '' });

    expect(shortText(drill, 'de-AT', 300)).toBe(
      'ÜBUNG NOTFALL: Bomb threat (+ 1 weiterer Alarm) https://app.example/alarms/1',
    );
    expect(spokenText(drill, 'fr')).toBe('EXERCICE URGENCE: Bomb threat (+ 1 autre alarme)');
    expect(spokenText({ ...drill, more: 3 }, 'xx')).toBe('DRILL EMERGENCY: Bomb threat (+ 3 more alarms)');
  });

  it('fits, and keeps the link and what else there is', () => {
    const long = someAlarm({ text: 'smoke '.repeat(500), more: 3 });
    const text = shortText(long, 'en', 300);

    expect([...text].length).toBeLessThanOrEqual(300);
    expect(text).toMatch(/… \(\+ 3 more alarms\) https:\/\/app\.example\/alarms\/1$/);
  });

  it('names nothing where nothing may leave', () => {
    const silent = someAlarm({ title: '', text: '', link: null });

    expect(shortText(silent, 'en', 300)).toBe('ALARM: Open the app to see it');
    expect(mailText(silent, 'en')).toEqual({
      subject: 'ALARM: Open the app to see it',
      text: 'ALARM: Open the app to see it\n',
    });
  });
});

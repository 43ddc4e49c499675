import { type Setting, combine, environmentFor, servicesThatDiffer, shown } from './setting.js';

const set = (text: string, isSecret = false): Setting => {
  const [service, name, value] = text.split(/[.=]/) as [string, string, string];
  return { service, name, value, isSecret };
};
const namesOf = (settings: Setting[]) => settings.map(shown);

describe('settings of the user’s own', () => {
  const kept = [set('alerting.A=1'), set('auth.A=1')];

  it('stay until they are set again or taken back by an empty value', () => {
    expect(namesOf(combine(kept, []))).toEqual(['alerting.A=1', 'auth.A=1']);
    expect(namesOf(combine(kept, [set('auth.A='), set('alerting.A=2'), set('auth.B=1')]))).toEqual([
      'alerting.A=2',
      'auth.B=1',
    ]);
  });

  it('are one where one gives the value and the other its file: the last holds', () => {
    expect(namesOf(combine(kept, [set('auth.A_FILE=/a')]))).toEqual(['alerting.A=1', 'auth.A_FILE=/a']);
    expect(namesOf(combine(kept, [set('auth.A_FILE=/a'), set('auth.A=2')]))).toEqual(['alerting.A=1', 'auth.A=2']);
  });

  it('concern only the services whose environment they change', () => {
    expect(servicesThatDiffer(kept, combine(kept, [set('auth.A=1'), set('alerting.B=')]))).toEqual([]);
    expect(servicesThatDiffer(kept, combine(kept, [set('auth.A=2')]))).toEqual(['auth']);
    expect(servicesThatDiffer(kept, combine(kept, [set('alerting.A=')]))).toEqual(['alerting']);
  });

  it('are the environment of their service; a file takes the place of a value that comes from elsewhere', () => {
    expect(environmentFor('auth', [...kept, set('auth.B_FILE=/b')])).toEqual({ A: '1', B: '', B_FILE: '/b' });
  });

  it('are shown, but for secrets', () => {
    expect(namesOf([set('auth.A=1'), set('auth.B=hunter2', true)])).toEqual(['auth.A=1', 'auth.B=(secret)']);
  });
});

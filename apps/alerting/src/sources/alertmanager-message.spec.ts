import { alarmSourceSettings } from '@relais/contracts';
import { incidentOf } from './alertmanager-message.js';

const settings = alarmSourceSettings.parse({ kind: 'alertmanager', name: 'Prometheus', raises: {} });
const said = (...summaries: string[]) =>
  incidentOf(
    JSON.stringify({
      ...{ version: '4', groupKey: 'ovens', status: 'firing' },
      alerts: summaries.map((summary) => ({ status: 'firing', annotations: { summary } })),
    }),
    settings as Parameters<typeof incidentOf>[1],
  );

describe('what an Alertmanager says', () => {
  it('is told once where title and text are the same', () => {
    expect(said('The oven is hot')).toMatchObject({ title: 'The oven is hot', text: '' });
    expect(said('The oven is hot', 'The oven is hot').text).toBe('');
  });

  it('is told line by line where there is more than the title', () => {
    expect(said('The oven is hot', 'The hall is full')).toMatchObject({
      title: 'The oven is hot',
      text: 'The oven is hot\nThe hall is full',
    });
  });
});

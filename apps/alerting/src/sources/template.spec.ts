import { rendered } from './template.js';

const values = {
  label: { alertname: 'Disk', instance: 'db1', long: 'x'.repeat(100_000) },
  annotation: { summary: 'It is {{label.instance}}' },
  ...{ status: 'firing', count: '3', group: 'Disk' },
};

describe('a template', () => {
  it.each([
    ['{{label.alertname}} on {{ label.instance }}', 'Disk on db1'],
    ['{{annotation.description | annotation.summary}}', 'It is {{label.instance}}'],
    ['{{count}} {{status}} {{group}}', '3 firing Disk'],
    ['{{label.none}}{{annotation.none}}{{none}}{{label}}', ''],
    ['{{label.constructor}}{{label.__proto__}}{{constructor.name}}', ''],
    ['{{label.alertname', '{{label.alertname'],
    ['plain', 'plain'],
  ])('%s is %s', (template, expected) => {
    expect(rendered(template, values)).toBe(expected);
  });

  it('is bounded, whatever stands in its holes', () => {
    expect(rendered('{{label.long}}'.repeat(60), values)).toHaveLength(16 * 1024);
  });
});

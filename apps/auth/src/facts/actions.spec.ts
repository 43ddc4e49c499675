import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIONS } from '@relais/contracts';

const sources = join(import.meta.dirname, '..');
const text = globSync('**/*.ts', { cwd: sources, exclude: (name) => String(name).endsWith('.spec.ts') })
  .map((path) => readFileSync(join(sources, path), 'utf8'))
  .join('\n');

describe('the list of actions (A-68)', () => {
  // That nothing else is recorded, the compiler sees to: see NewFact.
  it.each(Object.keys(ACTIONS))('has %s because this service records it', (action) => {
    expect(text.includes(`'${action}'`)).toBe(true);
  });
});

import { ACTIONS } from './actions.js';

describe('the actions that leave facts (A-68)', () => {
  it.each(Object.entries(ACTIONS))('%s has the form <noun>.<past> and a sentence', (name, sentence) => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
    expect(sentence).toMatch(/^[A-Z].{10,}[^.]$/);
  });
});

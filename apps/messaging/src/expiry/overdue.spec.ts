import { Overdue } from './overdue.js';

describe('for how long content is overdue', () => {
  let nowMs: number;
  let overdue: Overdue;
  beforeEach(() => {
    nowMs = 1_000;
    overdue = new Overdue(() => nowMs);
  });

  it('is what was seen last, for five minutes', () => {
    overdue.saw(90);
    nowMs += 300_000;
    expect(overdue.seconds).toBe(90);

    overdue.saw(0);
    expect(overdue.seconds).toBe(0);
  });

  it('counts on where nobody has looked since, also from the start', () => {
    nowMs += 400_000;
    expect(overdue.seconds).toBe(400);

    overdue.saw(90);
    nowMs += 600_000;
    expect(overdue.seconds).toBe(690);
  });
});

import { scoreOf, share } from './score.js';

describe('the score of a drill', () => {
  it.each([
    [{ reach: 1, duty: 1, policies: 1 }, 100],
    [{ reach: 1, duty: 0, policies: 0 }, 60],
    [{ reach: 0, duty: 1, policies: 1 }, 0],
    [{ reach: 0.5, duty: 1, policies: 1 }, 50],
    [{ reach: 0.9, duty: 0.5, policies: 1 }, 81],
  ])('of %j is %d', (parts, score) => {
    expect(scoreOf(parts)).toBe(score);
  });

  it('takes nothing off for what there is not', () => {
    expect([share(0, 0), share(1, 4)]).toEqual([1, 0.25]);
  });
});

import { chanceToTake, type Gateway } from './rollout.js';

const before = (sockets: number, more: Partial<Gateway> = {}): Gateway => ({
  ...{ rollout: 'before', startedAtMs: 1, isFull: false, isDraining: false, sockets },
  ...more,
});
const after = (sockets: number, more: Partial<Gateway> = {}): Gateway =>
  before(sockets, { rollout: 'after', startedAtMs: 2, ...more });
const going = { isDraining: true };

describe('who takes new sockets while gateways are replaced', () => {
  it('is whoever they come to while nobody goes, as in a rollout that stands still', () => {
    expect(chanceToTake(before(900), [before(900), after(0)])).toBe(1);
  });

  it('is whoever they come to where a gateway goes that nobody replaces', () => {
    expect(chanceToTake(before(900), [before(900), before(900, going)])).toBe(1);
  });

  it('is whoever comes, and nobody who goes next', () => {
    const gone = before(1_000, going);

    expect(chanceToTake(after(0), [before(1_000), before(1_000), gone])).toBe(1);
    expect(chanceToTake(before(1_000), [before(1_000), after(0), gone])).toBe(0);
  });

  it('is whoever was there before, when a rollout is taken back half way', () => {
    const others = [before(500), before(500, { startedAtMs: 3 }), after(500, going)];

    expect(chanceToTake(before(500), others)).toBe(1);
    expect(chanceToTake(after(500), others)).toBe(0);
  });

  it('is the last rollout, when it overtakes one that was not over', () => {
    const last = before(0, { rollout: 'last', startedAtMs: 3 });
    const others = [before(500, going), last];

    expect(chanceToTake(after(500), others)).toBe(0);
    expect(chanceToTake(last, [before(500, going), after(500)])).toBe(1);
  });

  it('is the last rollout, when somebody of each goes', () => {
    const others = [before(500, going), after(500, going), after(500)];

    expect(chanceToTake(before(500), others)).toBe(0);
  });

  it('is not somebody of the rollout before who was started again after a crash', () => {
    const others = [before(500, going), after(500), before(0, { startedAtMs: 3 })];

    expect(chanceToTake(before(500), others)).toBe(0);
    expect(chanceToTake(after(500), others)).toBe(1);
  });

  it('is another as soon as one has a quarter more than its share, and everybody when all of the rollout have', () => {
    const gone = before(400, going);
    const full = after(2_000);

    expect(chanceToTake(full, [after(500), before(300), gone])).toBe(0);
    expect(chanceToTake(full, [before(300), gone])).toBe(1);
    expect(chanceToTake(before(300), [full, gone])).toBe(1);
  });

  it('is everybody when whoever comes is full', () => {
    const full = after(800, { isFull: true });

    expect(chanceToTake(before(800), [full, before(800, going)])).toBe(1);
    expect(chanceToTake(full, [before(800), before(800, going)])).toBe(1);
    expect(chanceToTake(full, [after(800), before(800, going)])).toBe(0);
  });

  it('ends one try in ten with a socket, however few of many gateways take them', () => {
    const others = [...Array.from({ length: 28 }, () => before(1_000)), after(0), before(1_000, going)];

    const chance = chanceToTake(before(1_000), others);

    expect(1 / 30 + (29 / 30) * chance).toBeCloseTo(0.1);
  });

  it('is nobody who goes, even before it closes its first socket', () => {
    expect(chanceToTake(before(1_000, going), [before(1_000), after(0)])).toBe(0);
    expect(chanceToTake(before(1_000, going), [after(0)])).toBe(0);
  });
});

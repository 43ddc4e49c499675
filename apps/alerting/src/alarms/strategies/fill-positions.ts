/** What an alarm asks for: so many people who hold a qualification. */
export interface Position {
  qualificationId: string;
  needed: number;
}

/** How much of it is there. `spare` hold the qualification and fill no position of any kind. */
export interface FilledPosition extends Position {
  filled: number;
  spare: number;
}

/** Somebody who is there for an alarm, and what they hold of what it asks for. */
export interface Candidate {
  userId: string;
  held: readonly string[];
}

/**
 * Puts each person into at most one position so that as many are filled as can be: somebody who holds several moves over
 * for somebody who holds one only (augmenting paths). Earlier candidates keep a position once they have one.
 */
export function fillPositions(positions: readonly Position[], candidates: readonly Candidate[]): FilledPosition[] {
  const slots = positions.map((position) => ({ ...position, people: [] as Candidate[] }));
  const total = positions.reduce((sum, { needed }) => sum + needed, 0);
  let filled = 0;
  const idle: Candidate[] = [];
  for (const candidate of candidates) {
    if (filled < total && place(candidate, slots, new Set())) filled++;
    else idle.push(candidate);
  }
  return slots.map(({ qualificationId, needed, people }) => ({
    ...{ qualificationId, needed, filled: people.length },
    spare: idle.filter(({ held }) => held.includes(qualificationId)).length,
  }));
}

interface Slot extends Position {
  people: Candidate[];
}

/** Whether there is room for somebody, perhaps because somebody else moves over. */
function place(candidate: Candidate, slots: readonly Slot[], tried: Set<Slot>): boolean {
  for (const slot of slots) {
    if (tried.has(slot) || !candidate.held.includes(slot.qualificationId)) continue;
    tried.add(slot);
    if (slot.people.length < slot.needed) {
      slot.people.push(candidate);
      return true;
    }
    const mover = slot.people.findIndex((other) => place(other, slots, tried));
    if (mover < 0) continue;
    slot.people[mover] = candidate;
    return true;
  }
  return false;
}

export const isFilled = (positions: readonly FilledPosition[]): boolean =>
  positions.every(({ needed, filled }) => filled >= needed);

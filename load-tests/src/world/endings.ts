import type { Ending } from '@relais/devstack';
import { PLANTED_END } from '../mutations/plant.js';

/** How replicas ended: those that nobody asked for and no fault point brought about are bugs. */
export class Endings {
  /** What was wrong with each, in words. */
  readonly unexpected: string[] = [];

  heard(ending: Ending): void {
    const { name, code, signal, lastLine } = ending;
    if (isUnexpected(ending))
      this.unexpected.push(`${name} ended with ${signal ?? `code ${code}`}: ${lastLine.trim()}`);
  }
}

/** Who is asked to end ends with 0, unless it is killed. */
const isUnexpected = ({ code, wasAsked, lastLine }: Ending): boolean =>
  wasAsked ? code !== null && code !== 0 : !lastLine.includes(PLANTED_END);

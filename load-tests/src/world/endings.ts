import type { Ending } from '@relais/devstack';
import { plantedEnd } from '../mutations/plant.js';

/** How replicas ended: those that nobody asked for and no fault point brought about are bugs. */
export class Endings {
  /** What was wrong with each, in words. */
  readonly unexpected: string[] = [];

  heard(ending: Ending): void {
    const { name, code, signal, lastLines } = ending;
    if (isUnexpected(ending)) this.unexpected.push(`${name} ended with ${signal ?? `code ${code}`}:\n${lastLines}`);
  }
}

/** Who is asked to end ends with 0, unless it is killed. */
const isUnexpected = ({ pid, code, wasAsked, lastLines }: Ending): boolean =>
  wasAsked ? code !== null && code !== 0 : !lastLines.includes(plantedEnd(pid));

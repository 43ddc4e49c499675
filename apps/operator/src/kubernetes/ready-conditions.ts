import type { Said } from './conditions.js';

/** Why an object is not as it has to be, in a sentence that says what to do. */
export interface Failure {
  reason: string;
  message: string;
  /** Only another spec helps: trying again does not. */
  isFinal: boolean;
}

/** As kstatus reads them: Ready always, Reconciling and Stalled where they are true. */
export const ready = (reason: string, message: string): Said => ({ type: 'Ready', status: 'True', reason, message });

export const notReady = ({ reason, message, isFinal }: Failure): [Said, Said] => [
  { type: 'Ready', status: 'False', reason, message },
  { type: isFinal ? 'Stalled' : 'Reconciling', status: 'True', reason, message },
];

import { createHash } from 'node:crypto';
import { idFrom } from '@relais/kernel';

/** The id of something that an object of the cluster asks for: the same for the same names, whoever leads. */
export const ownIdOf = (...names: readonly string[]): string =>
  idFrom(
    createHash('sha256')
      .update(['relais.io', ...names].join('/'))
      .digest(),
  );

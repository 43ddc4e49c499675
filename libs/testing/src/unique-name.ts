import { randomBytes } from 'node:crypto';

/** A name nobody has used: lower-case letters and digits, fit for databases, roles, consumers, streams and key prefixes. */
export const uniqueName = (prefix = 't'): string => `${prefix}_${randomBytes(8).toString('hex')}`;

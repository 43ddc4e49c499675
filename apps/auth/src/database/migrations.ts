import { Identities1764000000000 } from './migrations/1764000000000-identities.js';

/** Every migration of this service, oldest first. */
export const migrations = [Identities1764000000000];

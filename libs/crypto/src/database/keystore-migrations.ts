import { DataKeys1764000000000 } from './migrations/1764000000000-data-keys.js';
import { EndsOfKeys1764300000000 } from './migrations/1764300000000-ends-of-keys.js';

/** The schema of the keystore database, oldest first. */
export const keystoreMigrations = [DataKeys1764000000000, EndsOfKeys1764300000000];

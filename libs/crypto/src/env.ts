import { z } from 'zod';

/** What a service needs to encrypt at rest. */
export const cryptoEnv = {
  KEK_FILE: z
    .string()
    .min(1)
    .describe(
      'Path of the file with the key encryption keys and the index key (JSON); followed when it changes; secret',
    ),
  KEYSTORE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('Keystore database, where the wrapped data keys live, as the role that is not the owner; secret'),
};

/** For services that leave the rotation of keys to a job of their own. */
export const rewrapEnv = {
  KEK_REWRAP_INTERVAL_MS: z.coerce
    .number()
    .int()
    .min(100)
    .default(600_000)
    .describe('Pause between looking for data keys under an old key encryption key, ms'),
};

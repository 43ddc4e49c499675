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

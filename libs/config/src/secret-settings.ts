import type { z } from 'zod';

const SECRET_NAME = /(_TOKEN|_SEED|_PASSWORD|_KEY)$/;

/** Whether values of this setting are for nobody's eyes: its name or its description says so. */
export const isSecretSetting = (name: string, { description = '' }: z.ZodType): boolean =>
  SECRET_NAME.test(name) || /\bsecret\b/i.test(description);

import { DELIVERY_REPORT_PATH, INCOMING_PATH, SCIM_MEDIA_TYPE, SCIM_PATH } from '@relais/contracts';

export const SECURITY_EVENT = 'application/secevent+jwt';

/**
 * Below these paths bodies are signed, or read by another service: they are handed on as they came, and nobody parses them
 * before the signature or secret is checked. What they take beside JSON.
 */
const RAW_BODIES: Readonly<Record<string, readonly string[]>> = {
  '/v1/posture': [SECURITY_EVENT],
  [SCIM_PATH]: [SCIM_MEDIA_TYPE],
  [INCOMING_PATH]: [],
  [DELIVERY_REPORT_PATH]: ['application/x-www-form-urlencoded'],
};

/** Every type of body that anything here takes. */
export const MEDIA_TYPES: readonly string[] = ['application/json', ...Object.values(RAW_BODIES).flat()];

/** @param pattern of the framework's route */
export const hasRawBody = (pattern: string | undefined): boolean =>
  pattern !== undefined && Object.keys(RAW_BODIES).some((path) => pattern.startsWith(`${path}/`));

export const isSecurityEventType = (contentType: string | undefined): boolean =>
  contentType?.split(';', 1)[0]?.trim().toLowerCase() === SECURITY_EVENT;

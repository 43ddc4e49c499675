import { createHmac } from 'node:crypto';
import { equalsInConstantTime } from './secrets.js';

/** A message whose time is further away than this is not believed: nobody can send an old one again. */
const TOLERANCE_SECONDS = 300;
const PREFIX = 'whsec_';

/** The headers of Standard Webhooks 1.0: the id is the key by which a repetition is known. */
export interface WebhookHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/** A secret as Standard Webhooks write it: `whsec_` and 24 to 64 bytes in base64. */
export const isWebhookSecret = (secret: string): boolean => {
  const bytes = keyOf(secret).length;
  return secret.startsWith(PREFIX) && bytes >= 24 && bytes <= 64;
};

/** Signs what is sent, by HMAC SHA-256 over id, time and body. */
export function signWebhook(secret: string, id: string, body: string, now = new Date()): WebhookHeaders {
  const timestamp = String(Math.floor(now.getTime() / 1_000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac(secret, id, timestamp, body).toString('base64')}`,
  };
}

/** Whether it comes from who has the secret, was not changed on its way, and is not an old one again. */
export function verifyWebhook(secret: string, headers: WebhookHeaders, body: string, now = new Date()): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  const age = Math.abs(now.getTime() / 1_000 - Number(timestamp));
  if (!/^\d{1,12}$/.test(timestamp) || age > TOLERANCE_SECONDS) return false;
  const expected = mac(secret, id, timestamp, body);
  // Several while a secret is being changed.
  return signatures
    .split(' ', 10)
    .filter((signature) => signature.startsWith('v1,'))
    .some((signature) => equalsInConstantTime(Buffer.from(signature.slice(3), 'base64'), expected));
}

const mac = (secret: string, id: string, timestamp: string, body: string): Buffer =>
  createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest();

const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(PREFIX.length), 'base64');

import { LIMITS, type Written, written } from '@relais/contracts';
import { type ConversationId, newId } from '@relais/kernel';
import { ApiError } from '../api-error.js';
import type { Draft } from './connection-options.js';

/** What a frame has around its entry. */
const ENVELOPE_BYTES = 128;

/**
 * The draft with its id, checked as the gateway will: there a wrong frame closes the socket for good, with everything
 * else that is under way on it.
 *
 * @throws ApiError `invalid_request`, `too_large`
 */
export function entryOf(conversationId: ConversationId, draft: Draft): Written {
  const entry = written.safeParse({ ...draft, id: draft.id ?? newId() });
  if (!entry.success) throw new ApiError('invalid', 'invalid_request', entry.error.message);
  // Escapes count: 32 KiB of control characters are 192 KiB of JSON.
  const bytes = Buffer.byteLength(JSON.stringify({ conversationId, entry: entry.data })) + ENVELOPE_BYTES;
  if (bytes > LIMITS.frameBytes) throw new ApiError('too_large', 'too_large');
  return entry.data;
}

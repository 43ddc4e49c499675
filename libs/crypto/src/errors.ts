import { AppError } from '@relais/kernel';

/** What a reader gets for content whose key was destroyed: show a cleared entry, log no error. */
export const CONTENT_DESTROYED = 'content_destroyed';
export type Opened = Buffer | typeof CONTENT_DESTROYED;

/**
 * The one answer to anything that does not decrypt: wrong key, wrong row, wrong organization, changed bytes,
 * not ciphertext at all. It carries no cause, so that nobody learns which of them it was.
 */
export const decryptFailed = (): AppError => new AppError('internal', 'decrypt_failed');

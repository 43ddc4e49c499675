/** Hashing a password is slow on purpose, and auth makes a few wait in line before it refuses. */
export const PASSWORD_TIMEOUT_MS = 10_000;

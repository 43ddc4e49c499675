export * from './access-token.js';
export * from './device-proof.js';
export * from './jwk-thumbprint.js';
export * from './jwt-token-verifier.js';
export * from './principal.js';
export * from './secrets.js';
export * from './trust-store.js';

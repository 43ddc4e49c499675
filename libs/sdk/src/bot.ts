/** What a bot needs that calls the API and has no sockets. */
export { ApiError } from './api-error.js';
export { nodeClient } from './http/node-client.js';
export { RelaisApi } from './http/relais-api.js';
export { type BotCredentials, botCredentials, BotSession } from './session/bot-session.js';

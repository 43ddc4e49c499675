import { clientFrame, EVENTS, REQUESTS, type Route, ROUTES, serverFrame, SIGNALS, SURVEYS } from '@relais/contracts';
import { type JsonSchema, Schemas } from '../json-schema.js';

/** What is said: `sent` by whoever asks or publishes, `answered` by whoever was asked. */
export interface Exchange {
  sent: JsonSchema;
  answered?: JsonSchema;
}

/** Everything that one release says to another, and to clients: what a rollout must not break. */
export interface Promises {
  /** By subject of the bus, and `client` and `server` for the frames of the socket. */
  exchanges: Record<string, Exchange>;
  /** By operation: method, path, status, subject. */
  routes: Record<string, string>;
  components: Record<string, JsonSchema>;
}

/** What the contracts of this checkout promise. The standards of other makers (SCIM, webhooks) are not ours to change. */
export const promises = (): Promises => {
  const schemas = new Schemas('draft-2020-12');
  const { input, output } = schemas;
  const exchanges: Record<string, Exchange> = {};
  for (const { subject, ...contract } of REQUESTS)
    exchanges[subject] = { sent: input(contract.input), answered: output(contract.output) };
  for (const { subject, question, answer } of SURVEYS)
    exchanges[subject] = { sent: input(question), answered: output(answer) };
  for (const { subject, data } of [...EVENTS, ...SIGNALS]) exchanges[subject] = { sent: input(data) };
  exchanges.frames = { sent: input(clientFrame), answered: output(serverFrame) };
  const routes = Object.fromEntries(
    Object.entries<Route>(ROUTES).map(([name, { method, path, status, contract }]) => [
      name,
      `${method} ${path} ${status} ${contract.subject}`,
    ]),
  );
  return { exchanges, routes, components: schemas.components() };
};

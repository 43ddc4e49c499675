import { CLOSE_CODES, SUBPROTOCOL, clientFrame, serverFrame } from '@relais/contracts';
import type { z } from 'zod';
import { type JsonSchema, Schemas } from './json-schema.js';
import { type Page, jsonPage } from './page.js';

/** Requests of the socket carry a number; these are the frames that carry it back. */
const ANSWERED = new Set(['token', 'append', 'sync']);
const ANSWERS = ['answer', 'refusal'];

type Union = { options: readonly z.ZodObject[] };

const typeOf = (option: z.ZodObject): string => String((option.shape.type as z.ZodLiteral).value);
const key = (side: 'client' | 'server', type: string): string => `${side}-${type}`;
const messageRef = (name: string): object => ({ $ref: `#/channels/realtime/messages/${name}` });

/** The socket's protocol as AsyncAPI 3.0, told from the gateway's side: it receives client frames and sends server frames. */
export const asyncapi = (): Page => {
  const schemas = new Schemas('draft-7');
  const client = messagesOf('client', clientFrame as unknown as Union, schemas.input);
  const server = messagesOf('server', serverFrame as unknown as Union, schemas.output);
  const names = [...Object.keys(client), ...Object.keys(server)];
  return jsonPage('asyncapi.json', {
    asyncapi: '3.0.0',
    info: {
      title: 'Relais realtime',
      version: SUBPROTOCOL.replace(/^relais\.v/, '') + '.0.0',
      description:
        'One JSON object per text frame. The first frame is `hello`, the first answer `ready`. Ignore frames of a type you do not know.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: { realtime: channel(names) },
    operations: { ...operations('receive', client), ...operations('send', server) },
    components: { messages: { ...client, ...server }, schemas: schemas.components() },
  });
};

const messagesOf = (side: 'client' | 'server', { options }: Union, convert: (schema: z.ZodType) => JsonSchema) =>
  Object.fromEntries(
    options.map((option) => [key(side, typeOf(option)), { name: typeOf(option), payload: convert(option) }]),
  );

const channel = (names: readonly string[]): object => ({
  address: '/v1/realtime',
  description: `WebSocket with the subprotocol ${SUBPROTOCOL}. The access token travels in the first frame, never in the address.`,
  messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  bindings: {
    ws: {
      method: 'GET',
      headers: {
        type: 'object',
        properties: { 'Sec-WebSocket-Protocol': { type: 'string', const: SUBPROTOCOL } },
        required: ['Sec-WebSocket-Protocol'],
      },
      bindingVersion: '0.1.0',
    },
  },
  'x-close-codes': Object.entries(CLOSE_CODES).map(([name, { code, why }]) => ({
    code,
    name,
    why,
    reconnect: code < 4_500,
  })),
});

const operations = (action: 'receive' | 'send', messages: Record<string, { name: string }>): Record<string, object> =>
  Object.fromEntries(
    Object.entries(messages).map(([name, message]) => [
      `${action}-${message.name}`,
      {
        action,
        channel: { $ref: '#/channels/realtime' },
        messages: [messageRef(name)],
        ...(action === 'receive' && ANSWERED.has(message.name) ? { reply: reply() } : {}),
      },
    ]),
  );

const reply = (): object => ({
  channel: { $ref: '#/channels/realtime' },
  messages: ANSWERS.map((type) => messageRef(key('server', type))),
});

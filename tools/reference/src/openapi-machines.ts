import {
  DEVICE_COMPLIANCE_CHANGE,
  INCOMING_PATH,
  POSTURE_BODY_BYTES,
  postureReport,
  receiveAlertmanager,
  receiveHeartbeat,
  receivePostureReport,
  receiveSecurityEvent,
  receiveSignedWebhook,
  SCIM_MEDIA_TYPE,
  SCIM_PATH,
} from '@relais/contracts';
import type { Schemas } from './json-schema.js';
import { notJson, problemResponses } from './openapi-problems.js';

type Paths = Record<string, Record<string, unknown>>;

/** How machines show who they are that have no device: see `createProvisioningClient`, `putPostureSource`, `putAlarmSource`. */
export const machineSchemes = {
  provisioningSecret: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The secret of a SCIM client, shown once by `createProvisioningClient` and `rotateProvisioningSecret`.',
  },
  sourceSecret: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The secret of a source of alarms, shown once by `putAlarmSource` and `rotateAlarmSourceSecret`. The password of basic authentication under any name is taken, too.',
  },
};

const uuid = { type: 'string', format: 'uuid' };
const tags = ['machines'];

/** What is asked by machines with secrets of their own: not in ROUTES, because media types and errors are those of standards. */
export const machinePaths = (schemas: Schemas): Paths => ({
  '/v1/posture/{organizationId}/{sourceId}/events': {
    post: {
      operationId: 'pushSecurityEvent',
      summary: 'Push a security event token (RFC 8935)',
      description: `A signed token about one device, at most ${POSTURE_BODY_BYTES} bytes, with the event ${DEVICE_COMPLIANCE_CHANGE}.`,
      ...{ tags, security: [], parameters: posturePath },
      requestBody: { required: true, content: { 'application/secevent+jwt': { schema: { type: 'string' } } } },
      responses: {
        ...problemResponses(receiveSecurityEvent),
        202: { description: 'Taken' },
        400: {
          description: 'Refused, with `err` and `description` (RFC 8935, 2.4)',
          content: { 'application/json': { schema: setError } },
        },
      },
    },
  },
  '/v1/posture/{organizationId}/{sourceId}/reports': {
    post: {
      operationId: 'postPostureReport',
      summary: 'Say whether a device is in order',
      description:
        'Signed by HMAC-SHA-256 with the key of the source over `<timestamp>.<body>`; each signature counts once.',
      ...{ tags, security: [] },
      parameters: [
        ...posturePath,
        header('relais-timestamp', 'Unix time in seconds, at most five minutes off'),
        header('relais-signature', '`v1=` and the signature in hexadecimal'),
      ],
      requestBody: { required: true, content: { 'application/json': { schema: schemas.input(postureReport) } } },
      responses: { 202: { description: 'Taken' }, ...problemResponses(receivePostureReport), ...notJson },
    },
  },
  ...incomingPaths(schemas),
  ...Object.fromEntries(['Users', 'Groups'].flatMap((kind) => scimPaths(kind))),
  ...Object.fromEntries(
    ['ServiceProviderConfig', 'Schemas', 'ResourceTypes'].map((name) => [
      `${SCIM_PATH}/${name}`,
      {
        get: scimOperation(`readScim${name}`, `What the SCIM server can: ${name} (RFC 7644, 4)`, { 200: scim('Read') }),
      },
    ]),
  ),
});

const incomingPaths = (schemas: Schemas): Paths => {
  const ofSource = { tags, security: [{ sourceSecret: [] }], parameters: posturePath };
  const json = { required: true, content: { 'application/json': { schema: { type: 'object' } } } };
  const taken = {
    description: 'Taken',
    content: { 'application/json': { schema: schemas.output(receiveAlertmanager.output) } },
  };
  const beat = { 200: { description: 'Heard' }, ...problemResponses(receiveHeartbeat) };
  const below = `${INCOMING_PATH}/{organizationId}/{sourceId}`;
  return {
    [`${below}/alertmanager`]: {
      post: {
        operationId: 'postAlertmanager',
        summary: 'A message of Prometheus Alertmanager, version 4',
        description: 'Answered when what it means is committed; 5xx is worth repeating.',
        ...{ ...ofSource, requestBody: json },
        responses: { 200: taken, ...problemResponses(receiveAlertmanager), ...notJson },
      },
    },
    [`${below}/webhook`]: {
      post: {
        operationId: 'postSignedWebhook',
        summary: 'A signed body, mapped as its source has it',
        description:
          'Signed by Standard Webhooks, or with `relais-timestamp` and `relais-signature`: `v1=` and HMAC-SHA-256 with the secret over `<timestamp>.<body>` in hexadecimal. Times may be five minutes off; each message counts once.',
        ...{ tags, security: [], requestBody: json },
        parameters: [
          ...posturePath,
          ...['webhook-id', 'webhook-timestamp', 'webhook-signature', 'relais-timestamp', 'relais-signature'].map(
            (name) => ({ name, in: 'header', required: false, schema: { type: 'string' } }),
          ),
        ],
        responses: { 200: taken, ...problemResponses(receiveSignedWebhook), ...notJson },
      },
    },
    [`${below}/heartbeat`]: {
      get: { operationId: 'beat', summary: 'Say that it is still there', ...ofSource, responses: beat },
      post: { operationId: 'postHeartbeat', summary: 'Say that it is still there', ...ofSource, responses: beat },
    },
  };
};

const posturePath = ['organizationId', 'sourceId'].map((name) => ({ name, in: 'path', required: true, schema: uuid }));
const header = (name: string, description: string) => ({
  ...{ name, in: 'header', required: true, description, schema: { type: 'string' } },
});
const setError = {
  type: 'object',
  required: ['err'],
  properties: { err: { type: 'string' }, description: { type: 'string' } },
};

const scim = (description: string) => ({ description, content: { [SCIM_MEDIA_TYPE]: { schema: { type: 'object' } } } });
const scimBody = { required: true, content: { [SCIM_MEDIA_TYPE]: { schema: { type: 'object' } } } };
const query = (...names: string[]) =>
  names.map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' } }));

const scimOperation = (operationId: string, summary: string, responses: object, more: object = {}) => ({
  ...{ operationId, summary, tags: ['scim'], security: [{ provisioningSecret: [] }], ...more },
  responses: { ...responses, default: scim('Refused (RFC 7644, 3.12)') },
});

function scimPaths(kind: string): [string, object][] {
  const one = kind.slice(0, -1);
  const shown = query('attributes', 'excludedAttributes');
  const listed = [...query('filter', 'startIndex', 'count'), ...shown];
  const id = { name: 'id', in: 'path', required: true, schema: uuid };
  const made = { 201: scim('Made') };
  const changed = { 200: scim('Done') };
  return [
    [
      `${SCIM_PATH}/${kind}`,
      {
        get: scimOperation(
          `listScim${kind}`,
          `List ${kind.toLowerCase()} of this client`,
          { 200: scim('Found') },
          { parameters: listed },
        ),
        post: scimOperation(`createScim${one}`, `Make a ${one.toLowerCase()}`, made, { requestBody: scimBody }),
      },
    ],
    [
      `${SCIM_PATH}/${kind}/{id}`,
      {
        get: scimOperation(
          `readScim${one}`,
          `Read a ${one.toLowerCase()}`,
          { 200: scim('Found'), 304: { description: 'Not changed' } },
          { parameters: [id, ...shown] },
        ),
        put: scimOperation(`replaceScim${one}`, `Replace a ${one.toLowerCase()}`, changed, {
          parameters: [id],
          requestBody: scimBody,
        }),
        patch: scimOperation(`patchScim${one}`, `Change a ${one.toLowerCase()}`, changed, {
          parameters: [id],
          requestBody: scimBody,
        }),
        delete: scimOperation(
          `deleteScim${one}`,
          `Delete a ${one.toLowerCase()}`,
          { 204: { description: 'Deleted' } },
          { parameters: [id] },
        ),
      },
    ],
  ];
}

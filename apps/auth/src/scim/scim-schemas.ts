import { GROUP_SCHEMA } from './group-document.js';
import { MAX_RESULTS } from './scim-list.js';
import { USER_SCHEMA } from './user-document.js';

const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** RFC 7643, 5. */
export const SERVICE_PROVIDER_CONFIG = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: MAX_RESULTS },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      ...{ type: 'oauthbearertoken', name: 'Bearer secret', primary: true },
      description: 'The secret of a provisioning client, in the Authorization header (RFC 6750)',
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: '/scim/v2/ServiceProviderConfig' },
};

interface More {
  type?: string;
  multiValued?: boolean;
  required?: boolean;
  caseExact?: boolean;
  mutability?: string;
  uniqueness?: string;
  returned?: string;
  description?: string;
  subAttributes?: object[];
}

/** RFC 7643, 7. */
const attribute = (name: string, more: More = {}) => ({
  ...{ name, type: 'string', multiValued: false, required: false, caseExact: false, mutability: 'readWrite' },
  ...{ returned: 'default', uniqueness: 'none', ...more },
});

const schema = (id: string, name: string, attributes: object[]) => ({
  ...{ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'], id, name, attributes },
  meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${id}` },
});

export const SCHEMAS = [
  schema(USER_SCHEMA, 'User', [
    attribute('userName', { required: true, uniqueness: 'server' }),
    attribute('externalId', { caseExact: true }),
    attribute('displayName'),
    attribute('name', {
      type: 'complex',
      subAttributes: [attribute('formatted'), attribute('familyName'), attribute('givenName')],
    }),
    attribute('active', { type: 'boolean', description: 'false ends every session of the person' }),
    attribute('emails', {
      ...{ type: 'complex', multiValued: true },
      subAttributes: [
        attribute('value', { description: 'The primary one, or the first of type work, is the address at login' }),
        ...[attribute('type'), attribute('display'), attribute('primary', { type: 'boolean' })],
      ],
    }),
    attribute('phoneNumbers', {
      ...{ type: 'complex', multiValued: true },
      subAttributes: [
        attribute('value', {
          description:
            'Where alarms reach the person: the primary one, or the first of type mobile, or work. Only with a country code',
        }),
        ...[attribute('type'), attribute('display'), attribute('primary', { type: 'boolean' })],
      ],
    }),
    attribute('groups', {
      ...{ type: 'complex', multiValued: true, mutability: 'readOnly' },
      subAttributes: [attribute('value', { mutability: 'readOnly', caseExact: true })],
    }),
  ]),
  schema(GROUP_SCHEMA, 'Group', [
    attribute('displayName', { required: true, uniqueness: 'server' }),
    attribute('externalId', { caseExact: true }),
    attribute('members', {
      ...{ type: 'complex', multiValued: true },
      subAttributes: [attribute('value', { mutability: 'immutable', caseExact: true }), attribute('type')],
    }),
  ]),
];

/** RFC 7643, 6. */
export const RESOURCE_TYPES = [
  { name: 'User', schema: USER_SCHEMA },
  { name: 'Group', schema: GROUP_SCHEMA },
].map(({ name, schema }) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  ...{ id: name, name, endpoint: `/${name}s`, schema },
  meta: { resourceType: 'ResourceType', location: `/scim/v2/ResourceTypes/${name}` },
}));

export const listOf = (Resources: readonly object[]): object => ({
  ...{
    schemas: [LIST_SCHEMA],
    totalResults: Resources.length,
    startIndex: 1,
    itemsPerPage: Resources.length,
    Resources,
  },
});

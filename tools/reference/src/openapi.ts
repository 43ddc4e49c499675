import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Route, ROUTES, pathParameters, serviceOf } from '@relais/contracts';
import { contractDocs } from './contract-docs.js';
import { contractNames } from './contract-names.js';
import { type JsonSchema, Schemas, propertyOf, without } from './json-schema.js';
import { notJson, problemResponses, problemSchemas, sharedResponses } from './openapi-problems.js';
import { machinePaths, machineSchemes } from './openapi-machines.js';
import { type Page, jsonPage } from './page.js';
import { workspace } from './workspace.js';

const version = (): string =>
  (JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8')) as { version: string }).version;

/** The gateway's HTTP API as OpenAPI 3.1, from the table that the gateway serves and the SDK calls. */
export const openapi = (): Page => {
  const schemas = new Schemas('draft-2020-12');
  const paths = { ...pathsOf(schemas), ...machinePaths(schemas) };
  return jsonPage('openapi.json', {
    openapi: '3.1.1',
    info: {
      title: 'Relais',
      version: version(),
      description:
        'What clients, bots and consoles ask of the gateway. Errors are problem documents with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set([...Object.values(ROUTES).map(tagOf), 'machines', 'scim'])].sort().map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { accessToken, ...machineSchemes },
      schemas: { ...schemas.components(), ...problemSchemas },
      responses: sharedResponses(),
    },
  });
};

const accessToken = {
  type: 'http',
  scheme: 'DPoP',
  bearerFormat: 'JWT',
  description:
    'An access token with a proof of the device key it is bound to (RFC 9449): `Authorization: DPoP <token>` and `DPoP: <proof>`. ' +
    'Answer 401 `use_dpop_nonce` by repeating the request once, with the nonce of its `DPoP-Nonce` header in the proof.',
};

/** The noun of the contract: what the operation is about. */
const tagOf = ({ contract }: Route): string => `${serviceOf(contract)} ${contract.subject.split('.')[2]}`;

const pathsOf = (schemas: Schemas): Record<string, Record<string, unknown>> => {
  const paths: Record<string, Record<string, unknown>> = {};
  const docs = contractDocs();
  const names = contractNames();
  for (const [operationId, route] of Object.entries<Route>(ROUTES)) {
    const description = docs.get(names.get(route.contract.subject) ?? '');
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operation(operationId, route, description, schemas);
  }
  return paths;
};

const operation = (operationId: string, route: Route, description: string | undefined, schemas: Schemas): object => {
  const request = requestOf(route, schemas.input(route.contract.input));
  return {
    operationId,
    summary: route.summary,
    ...(description ? { description } : {}),
    tags: [tagOf(route)],
    security: route.contract.access === 'user' ? [{ accessToken: [] }] : [],
    'x-rate-limit': route.limit,
    ...request,
    responses: {
      [route.status]: success(route, schemas),
      ...problemResponses(route.contract),
      ...('requestBody' in request ? notJson : {}),
    },
  };
};

const success = (route: Route, schemas: Schemas): object => ({
  description: 'Done',
  ...(route.status === 204
    ? {}
    : { content: { 'application/json': { schema: schemas.output(route.contract.output) } } }),
});

/** Path parameters are what the braces name; the rest is the query of GET and DELETE and the body of the others. */
const requestOf = (route: Route, input: JsonSchema): object => {
  const inPath = pathParameters(route.path);
  const rest = without(input, inPath);
  const parameters = inPath.map((name) => ({ name, in: 'path', required: true, schema: propertyOf(input, name) }));
  if (route.method === 'GET' || route.method === 'DELETE') return named([...parameters, ...queryOf(rest)]);
  return { ...named(parameters), ...bodyOf(rest) };
};

const named = (parameters: object[]): object => (parameters.length > 0 ? { parameters } : {});

const queryOf = (rest: JsonSchema): object[] =>
  Object.entries(rest.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: rest.required?.includes(name) ?? false,
    schema,
  }));

const bodyOf = (rest: JsonSchema): object => {
  if (!rest.oneOf && Object.keys(rest.properties ?? {}).length === 0) return {};
  const required = rest.oneOf !== undefined || rest.required !== undefined;
  return { requestBody: { required, content: { 'application/json': { schema: rest } } } };
};

import {
  CLOSE_CODES,
  pathParameters,
  REQUESTS,
  type Route,
  ROUTES,
  SCIM_MEDIA_TYPE,
  INCOMING_PATH,
  SCIM_PATH,
} from '@relais/contracts';
import { asyncapi } from './asyncapi.js';
import { declaredErrors } from './errors.js';
import { openapi } from './openapi.js';
import { contractPages } from './pages.js';

type Json = { [key: string]: Json } & Json[];

interface Parameter {
  name: string;
  in: string;
  schema: { type?: string; $ref?: string };
}
interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, object>;
  security: object[];
}
type Paths = Record<string, Record<string, Operation>>;

const parse = (text: string): Json => JSON.parse(text) as Json;

const refsIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => (key === '$ref' ? [String(child)] : refsIn(child)));
};

const resolve = (document: Json, ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json | undefined>((at, part) => at?.[part], document);

const dangling = (document: Json): string[] =>
  refsIn(document).filter((ref) => !ref.startsWith('#/') || resolve(document, ref) === undefined);

describe('openapi.json', () => {
  const document = parse(openapi().text);
  const paths = document.paths as unknown as Paths;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const named = (id: string): Operation => operations.find(({ operation }) => operation.operationId === id)!.operation;

  const isOfMachines = (path: string) =>
    ['/v1/posture', SCIM_PATH, INCOMING_PATH].some((below) => path.startsWith(`${below}/`));

  it('is an OpenAPI 3.1 document with every route of the gateway', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const ours = operations.filter(({ path }) => !isOfMachines(path));
    const told = ours.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort();
    expect(told).toEqual(
      Object.values<Route>(ROUTES)
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    );
  });

  it('tells of what machines ask, in the media types of their standards', () => {
    const machines = operations.filter(({ path }) => isOfMachines(path));
    const types = machines.flatMap(({ operation }) => Object.keys(operation.requestBody?.content ?? {}));
    expect(machines).toHaveLength(21);
    expect(new Set(types)).toEqual(new Set(['application/secevent+jwt', 'application/json', SCIM_MEDIA_TYPE]));
  });

  it('refers only to what it holds', () => expect(dangling(document)).toEqual([]));

  it('names every operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('declares exactly the parameters that stand in the path', () => {
    for (const { path, operation } of operations) {
      const declared = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name);
      expect(declared).toEqual(pathParameters(path));
    }
  });

  it('takes no body with GET and DELETE', () => {
    const withBody = operations.filter(({ method, operation }) => /get|delete/.test(method) && operation.requestBody);
    expect(withBody).toEqual([]);
  });

  it('puts the rest of a GET into the query, as plain values', () => {
    const query = named('listEntries').parameters!.filter((parameter) => parameter.in === 'query');
    expect(query.map(({ name, schema }) => [name, schema.type])).toEqual([
      ['after', 'integer'],
      ['before', 'integer'],
      ['limit', 'integer'],
    ]);
  });

  it('leaves path parameters out of every member of a body that is a union', () => {
    const members = named('append').requestBody!.content['application/json']!.schema.oneOf as unknown as Json[];
    expect(members.map((member) => Object.keys(member.properties!)).filter((keys) => keys.includes('id'))).toEqual([]);
    expect(members).toHaveLength(4);
  });

  it('asks for a token exactly where the contract does', () => {
    for (const [id, { contract }] of Object.entries<Route>(ROUTES)) {
      expect(named(id).security).toHaveLength(contract.access === 'user' ? 1 : 0);
    }
  });

  it('lists every code that a contract declares under its status', () => {
    for (const [id, { contract }] of Object.entries<Route>(ROUTES)) {
      const told = JSON.stringify(named(id).responses);
      for (const code of Object.keys(contract.errors)) expect(told).toContain(`"${code}"`);
    }
  });
});

describe('asyncapi.json', () => {
  const document = parse(asyncapi().text);

  it('refers only to what it holds', () => expect(dangling(document)).toEqual([]));

  it('has an operation for every frame, each over a message of its own channel', () => {
    expect(document.asyncapi).toBe('3.0.0');
    const messages = Object.keys(document.channels!.realtime!.messages!);
    const operations = Object.values<Json>(document.operations!);
    const used = operations.flatMap(({ messages: refs }) => refsIn(refs)).map((ref) => ref.split('/').at(-1));
    expect(used.sort()).toEqual(messages.sort());
    expect(operations.map(({ action }) => String(action)).filter((action) => !/^(send|receive)$/.test(action))).toEqual(
      [],
    );
  });

  it('tells every close code', () => {
    const told = document.channels!.realtime!['x-close-codes'] as unknown as { code: number }[];
    expect(told.map(({ code }) => code)).toEqual(Object.values(CLOSE_CODES).map(({ code }) => code));
  });

  it('says in draft 7 what a tuple is, as AsyncAPI schemas do', () => {
    expect(JSON.stringify(document)).not.toContain('prefixItems');
  });
});

describe('the reference', () => {
  it('comes out the same every time', () => {
    expect(contractPages()).toEqual(contractPages());
  });

  it('holds every error code and every request', () => {
    const text = contractPages()
      .map((page) => page.text)
      .join();
    for (const code of declaredErrors().keys()) expect(text).toContain(code);
    for (const { subject } of REQUESTS) expect(text).toContain(subject);
  });
});

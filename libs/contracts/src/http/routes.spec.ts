import { readdirSync } from 'node:fs';
import type { z } from 'zod';
import { CLOSE_CODES, pathParameters, REQUESTS, ROUTES, type Route, shouldReconnect } from '../index.js';

const routes = Object.entries(ROUTES) as unknown as [string, Route][];

/** The keys an input takes; of a choice, those that every alternative takes. */
function keysOf(input: z.ZodType): string[] {
  const definition = input.def as { type: string; shape?: object; options?: z.ZodType[] };
  if (definition.type === 'union') {
    const [first = [], ...others] = (definition.options ?? []).map(keysOf);
    return first.filter((key) => others.every((keys) => keys.includes(key)));
  }
  expect(definition.type).toBe('object');
  return Object.keys(definition.shape ?? {});
}

describe('routes', () => {
  it.each(routes)('%s takes each parameter of its path as a key of its input', (_, route) => {
    const parameters = pathParameters(route.path);

    expect(keysOf(route.contract.input)).toEqual(expect.arrayContaining(parameters));
    expect(new Set(parameters).size).toBe(parameters.length);
  });

  it('are all in the one table, each by a name that no other file has', async () => {
    const files = readdirSync(`${import.meta.dirname}/routes`).map((file) => file.replace(/\.ts$/, '.js'));
    const parts = (await Promise.all(files.map((file) => import(`./routes/${file}`)))) as Record<string, object>[];
    const names = parts.flatMap((part) => Object.values(part).flatMap(Object.keys));

    expect(names.toSorted()).toEqual(Object.keys(ROUTES).toSorted());
  });

  it('are of /v1, in lower case, and no two answer the same call', () => {
    const shape = ([, { method, path }]: [string, Route]) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`;

    expect(new Set(routes.map(shape)).size).toBe(routes.length);
    for (const [, { path }] of routes) expect(path).toMatch(/^\/v1(\/([a-z-]+|\{[a-zA-Z]+\}))+$/);
  });

  it('serve contracts that are somebody’s, and none for services alone', () => {
    for (const [, { contract }] of routes) {
      expect(REQUESTS).toContain(contract);
      expect(contract.access).not.toBe('service');
    }
  });

  it('that read are counted as reads and conflict with nothing', () => {
    for (const [name, { method, contract, limit }] of routes.filter(([, each]) => each.method === 'GET')) {
      expect([name, method, limit]).toEqual([name, 'GET', 'read']);
      expect(Object.values(contract.errors)).not.toContain('conflict');
    }
  });

  it('that anybody may call without a token are few', () => {
    const open = routes.filter(([, { contract }]) => contract.access === 'public').map(([name]) => name);

    expect(open.sort()).toEqual([
      'acceptInvitation',
      'beginOidcLogin',
      'beginPasskeyLogin',
      'bootstrap',
      'botToken',
      'breakGlassLogin',
      'completePasswordReset',
      'confirmWipe',
      'enrolDevice',
      'fetchRemoteSecret',
      'fetchWipeOrder',
      'finishLogin',
      'finishOidcLogin',
      'listLoginMethods',
      'login',
      'refresh',
      'signedOutageSwitch',
    ]);
  });
});

describe('close codes', () => {
  it('say by their range whether to come back', () => {
    const codes = Object.values(CLOSE_CODES).map(({ code }) => code);

    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) {
      expect(code).toBeGreaterThanOrEqual(4_000);
      expect(code).toBeLessThan(5_000);
      expect(shouldReconnect(code)).toBe(code < 4_500);
    }
  });

  it('of the network mean to come back, except a goodbye', () => {
    for (const code of [1_001, 1_005, 1_006, 1_011, 1_012, 1_013]) expect(shouldReconnect(code)).toBe(true);
    expect(shouldReconnect(1_000)).toBe(false);
  });

  it('send nobody back to where coming back cannot help', () => {
    for (const name of ['invalid_frame', 'too_large', 'unauthenticated', 'revoked'] as const)
      expect(shouldReconnect(CLOSE_CODES[name].code)).toBe(false);
    for (const name of ['draining', 'resync', 'token_expired', 'bus_lost'] as const)
      expect(shouldReconnect(CLOSE_CODES[name].code)).toBe(true);
  });
});

import 'reflect-metadata';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { type BusConnection } from '@relais/bus';
import { loadConfig } from '@relais/config';
import { ROUTES, type Route } from '@relais/contracts';
import { Reflector } from '@nestjs/core';
import { silentLog } from '@relais/observability';
import { LocalBuckets } from '@relais/redis';
import { AppModule } from '../app.module.js';
import { env } from '../config.js';
import { limitsUnder } from '../rate-limits.js';
import { LimitGuard } from './limit.guard.js';
import { allowedMethods, operationOf } from './route-table.js';
import { ServedRoute } from './served-route.js';
import { TokenGuard } from './token.guard.js';

type Controller = new (...args: never[]) => object;

function servedMethods(): { name: string; handler: object; route: Route | undefined }[] {
  const config = loadConfig(env, { NATS_URL: 'nats://unused' });
  const surroundings = {
    config,
    log: silentLog,
    connection: {} as BusConnection,
    buckets: new LocalBuckets(limitsUnder(1)),
  };
  const controllers = (AppModule.with(surroundings).controllers ?? []) as Controller[];
  const reflector = new Reflector();
  return controllers.flatMap(({ name, prototype }) =>
    Object.getOwnPropertyNames(prototype)
      .filter((key) => key !== 'constructor')
      .map((key) => ({ name: `${name}.${key}`, handler: (prototype as Record<string, object>)[key] as object }))
      .map((method) => ({ ...method, route: reflector.get(ServedRoute, method.handler as never) })),
  );
}

describe('the routes of the gateway', () => {
  const methods = servedMethods();

  it('are those of the contracts, each served once', () => {
    const served = methods.map(({ route }) => route);

    expect(new Set(served)).toEqual(new Set(Object.values<Route>(ROUTES)));
    expect(served).toHaveLength(Object.keys(ROUTES).length);
  });

  it.each(methods)('are guarded: $name', ({ handler }) => {
    expect(Reflect.getMetadata(GUARDS_METADATA, handler)).toEqual([TokenGuard, LimitGuard]);
    expect(Reflect.getMetadata(PATH_METADATA, handler)).toMatch(/^\/v1\//);
    expect(Reflect.getMetadata(METHOD_METADATA, handler)).toBeDefined();
  });

  it('belong to people, but for the few ways in', () => {
    const open = Object.entries<Route>(ROUTES).filter(([, { contract }]) => contract.access !== 'user');

    expect(open.map(([operation]) => operation).sort()).toEqual(['acceptInvitation', 'bootstrap', 'login', 'refresh']);
  });

  it('are found by method and pattern, and a path by its methods', () => {
    expect(operationOf('PUT', '/v1/conversations/:conversationId/entries/:id')).toBe('append');
    expect(operationOf('GET', undefined)).toBe('none');
    expect(allowedMethods('/v1/sessions?x=1')).toEqual(['POST', 'GET']);
    expect(allowedMethods('/v1')).toEqual([]);
  });
});

import 'reflect-metadata';
import { GUARDS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { type BusConnection } from '@relais/bus';
import { loadConfig } from '@relais/config';
import { ROUTES, type Route } from '@relais/contracts';
import { Reflector } from '@nestjs/core';
import { ReferenceClock, silentLog } from '@relais/observability';
import { FallbackUsedIds, LocalBuckets } from '@relais/redis';
import { AppModule } from '../app.module.js';
import { IncomingController } from '../incoming/incoming.controller.js';
import { DeliveryReportsController } from '../deliveries/delivery-reports.controller.js';
import { PostureController } from '../posture/posture.controller.js';
import { ScimController } from '../scim/scim.controller.js';
import { env } from '../config.js';
import { limitsUnder } from '../rate-limits.js';
import { LimitGuard } from './limit.guard.js';
import { allowedMethods, operationOf } from './route-table.js';
import { ServedRoute } from './served-route.js';
import { TokenGuard } from './token.guard.js';

type Controller = new (...args: never[]) => object;

/** Asked by machines with secrets of their own, not by clients: see there and public-limit.guard.ts. */
const BY_MACHINES: readonly Controller[] = [
  PostureController,
  ScimController,
  IncomingController,
  DeliveryReportsController,
];
/** The same as an operation of ROUTES in another form, for who may ask for that. */
const FOR_PRINT = /^(Drill)?ReportController\./;

function servedMethods(): { name: string; handler: object; route: Route | undefined }[] {
  const config = loadConfig(env, { NATS_URL: 'nats://unused' });
  const surroundings = {
    config,
    log: silentLog,
    clock: new ReferenceClock(),
    connection: {} as BusConnection,
    buckets: new LocalBuckets(limitsUnder(1)),
    usedProofs: new FallbackUsedIds({ shared: undefined, log: silentLog }),
  };
  const all = (AppModule.with(surroundings).controllers ?? []) as Controller[];
  const controllers = all.filter((controller) => !BY_MACHINES.includes(controller));
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
    const served = methods.filter(({ name }) => !FOR_PRINT.test(name)).map(({ route }) => route);

    expect(new Set(served)).toEqual(new Set(Object.values<Route>(ROUTES)));
    expect(served).toHaveLength(Object.keys(ROUTES).length);
  });

  it.each(methods)('are guarded: $name', ({ name, handler, route }) => {
    expect(route).toBeDefined();
    expect(Reflect.getMetadata(GUARDS_METADATA, handler)).toEqual([TokenGuard, LimitGuard]);
    if (!FOR_PRINT.test(name)) expect(Reflect.getMetadata(PATH_METADATA, handler)).toMatch(/^\/v1\//);
    expect(Reflect.getMetadata(METHOD_METADATA, handler)).toBeDefined();
  });

  it('belong to people, but for the few ways in', () => {
    const open = Object.entries<Route>(ROUTES).filter(([, { contract }]) => contract.access !== 'user');

    expect(open.map(([operation]) => operation).sort()).toEqual([
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

  it('are found by method and pattern, and a path by its methods', () => {
    expect(operationOf('PUT', '/v1/conversations/:conversationId/entries/:id')).toBe('append');
    expect(operationOf('GET', undefined)).toBe('none');
    expect(allowedMethods('/v1/sessions?x=1')).toEqual(['POST', 'GET']);
    expect(allowedMethods('/v1')).toEqual([]);
  });
});

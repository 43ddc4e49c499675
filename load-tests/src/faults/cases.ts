import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { blindClients } from '../mutations/blind-client.js';
import { pause } from '../world/random.js';
import { alarmsLeft, forgetfulDevices, killAlarmEngines } from './alarm-engine.js';
import { believeReports, failProviders, providersLeft } from './failing-providers.js';
import type { FaultCase, Mutation } from './fault-case.js';
import { freezeAlerting, frozenAlertingLeft } from './frozen-alerting.js';
import { believedLies, letDirectoryLie, noDirectoryServer } from './lying-directory.js';
import { lateRevocations, revokeWhileCutOff } from './late-revocation.js';
import { loginsLetThrough, restartRedisEmpty } from './redis-faults.js';
import { ROLLED, ROLLED_UNKNOWING, rollGateways, rollingLeft } from './rolling.js';
import { mixedVersionsLeft, noOtherCheckout, rollThereAndBack } from './mixed-versions.js';
import { changeClocks, nightsLeft } from './night-of-change.js';
import { freezeGateway, killGateway, loseNats, restartPostgres } from './outages.js';
import { publishPoison, poisonLeft } from './poison.js';
import { cannotLosePower, losePower, weakenCommits } from './power-loss.js';
import { noFaketime } from './faketime.js';
import { skewClocks, skewedClocksLeft } from './skewed-clocks.js';
import { stealDevices, stolenDevicesLeft } from './stolen-device.js';
import { resetAllSockets, stormLeft } from './storm.js';

const planted = (name: string): string =>
  pathToFileURL(join(import.meta.dirname, '..', 'mutations', `${name}.js`)).href;
const inMessaging = (name: string) => ({ messaging: { module: planted(name) } });

/** Enough for the load, of whom nobody writes as much as one may; guessing meets a limit. */
const USUAL_LIMITS = { RATE_LIMIT_FACTOR: '1' };

const blind: Mutation = { name: 'clients never ask for what is missing', apply: blindClients };
const losing: Mutation = { name: 'acknowledged entries are rolled back', preloads: inMessaging('lose-acknowledged') };

/** The faults of this release, by the ids of the design's fault matrix. */
export const CASES: readonly FaultCase[] = [
  {
    id: 'F-01',
    title: 'a gateway is killed',
    inject: killGateway,
    mutation: blind,
  },
  {
    id: 'F-02',
    title: 'messaging ends between COMMIT and reply, again and again',
    preloads: inMessaging('exit-after-commit'),
    inject: () => pause(8_000),
    mutation: { name: 'repeated entries are taken for new ones', preloads: inMessaging('forget-ids') },
  },
  {
    id: 'F-03',
    title: 'messaging ends between insert and COMMIT, again and again',
    preloads: inMessaging('exit-before-commit'),
    inject: () => pause(8_000),
    mutation: { name: 'acknowledged before COMMIT', preloads: inMessaging('acknowledge-before-commit') },
  },
  {
    id: 'F-05',
    title: 'the relay ends after publishing, before it moves its cursor',
    preloads: inMessaging('exit-after-publish'),
    inject: () => pause(8_000),
    mutation: { name: 'the cursor is moved before publishing', preloads: inMessaging('mark-before-publish') },
  },
  {
    id: 'F-08',
    title: 'Redis is frozen, emptied and lost',
    preloads: { gateway: { env: USUAL_LIMITS } },
    inject: async ({ world }) => {
      await world.cluster.kill('redis', 'SIGSTOP');
      await pause(2_000);
      await world.cluster.kill('redis', 'SIGCONT');
      await restartRedisEmpty(world);
    },
    extra: loginsLetThrough,
    mutation: {
      name: 'without Redis everything is allowed',
      preloads: { gateway: { module: planted('open-limits'), env: USUAL_LIMITS } },
    },
  },
  {
    id: 'F-09',
    title: 'alerting ends while it claims, after it committed, before it sends and after it sent, 25 alarms each',
    perSecond: 20,
    inject: killAlarmEngines,
    extra: alarmsLeft,
    mutation: { name: 'devices do not know what they have shown', apply: forgetfulDevices },
  },
  {
    id: 'F-11',
    title: 'NATS is gone for 30 seconds',
    inject: loseNats(30_000),
    mutation: losing,
  },
  {
    id: 'F-11-small',
    title: 'the same for eight seconds',
    inject: loseNats(8_000),
    mutation: losing,
  },
  {
    id: 'F-13',
    title: 'a gateway is frozen for ten seconds at twice the load',
    perSecond: 300,
    inject: freezeGateway,
    mutation: blind,
  },
  {
    id: 'F-14',
    title: 'PostgreSQL stops at once and comes back',
    inject: restartPostgres,
    mutation: losing,
  },
  {
    id: 'F-15',
    title: 'the disk of PostgreSQL loses power',
    onLoopDisk: true,
    impossible: cannotLosePower,
    inject: async ({ world }) => {
      await pause(3_000);
      await losePower(world);
      await pause(3_000);
    },
    mutation: { name: 'synchronous_commit = off', apply: weakenCommits },
  },
  {
    id: 'F-20',
    title: 'all sockets are reset at once, and Redis is cold',
    inject: resetAllSockets,
    extra: stormLeft,
    mutation: {
      name: 'a gateway shows what is said to everybody it holds, of whatever organization',
      preloads: { gateway: { module: planted('open-doors') } },
    },
  },
  {
    id: 'F-24',
    title: 'three gateways behind a load balancer are rolled, one after the other, under 2,000 sockets',
    gateways: 4,
    perSecond: 50,
    preloads: { gateway: ROLLED },
    inject: rollGateways(2_000),
    extra: rollingLeft,
    mutation: {
      name: 'a gateway that goes closes all sockets at once',
      preloads: { gateway: { module: planted('close-at-once'), ...ROLLED } },
    },
  },
  {
    id: 'F-24-small',
    title: 'the same with 200 sockets',
    gateways: 4,
    perSecond: 50,
    preloads: { gateway: ROLLED },
    inject: rollGateways(200),
    extra: rollingLeft,
    mutation: {
      name: 'a gateway that goes sends nobody elsewhere',
      preloads: { gateway: { module: planted('no-drain'), ...ROLLED } },
    },
    moreMutations: [
      { name: 'gateways do not know which rollout they are of', preloads: { gateway: ROLLED_UNKNOWING } },
    ],
  },
  {
    id: 'F-24-mixed',
    title: 'every service is rolled from another checkout to this one and back, with alarms on the way',
    perSecond: 50,
    impossible: noOtherCheckout,
    inject: rollThereAndBack,
    extra: mixedVersionsLeft,
    mutation: {
      name: 'services tell what happens under names that only their own gateways know',
      preloads: Object.fromEntries(
        ['gateway', 'auth', 'messaging', 'alerting'].map((service) => [service, { module: planted('own-dialect') }]),
      ),
    },
  },
  {
    id: 'F-26',
    title: 'the clocks of one gateway, one auth and one alerting are minutes off, and jump by hours',
    perSecond: 20,
    impossible: noFaketime,
    inject: skewClocks,
    extra: skewedClocksLeft,
    mutation: { name: 'alerting goes by its own clock', preloads: { alerting: { module: planted('own-clock') } } },
  },
  {
    id: 'F-29',
    title: 'poison is published to every kind of subject',
    inject: publishPoison,
    extra: poisonLeft,
    mutation: { name: 'what cannot be handled is tried for ever', preloads: inMessaging('endless-retry') },
  },
  {
    id: 'F-36',
    title: 'the provider of messages is down, slow or talks nonsense, repeats its reports, and others forge them',
    perSecond: 20,
    inject: failProviders,
    extra: providersLeft,
    mutation: { name: 'reports are believed without their signature', apply: believeReports },
  },
  {
    id: 'F-35',
    title: 'the directory that people came from shows half of them, nobody, does not answer, and is gone',
    perSecond: 50,
    impossible: noDirectoryServer,
    inject: letDirectoryLie,
    extra: believedLies,
    mutation: { name: 'the brake never holds', preloads: { auth: { module: planted('no-brake') } } },
  },
  {
    id: 'F-37',
    title: 'somebody is disabled while their gateway is cut off from NATS',
    perSecond: 50,
    inject: revokeWhileCutOff,
    extra: lateRevocations,
    mutation: {
      name: 'a gateway that hears nothing keeps its sockets',
      preloads: { gateway: { module: planted('deaf-gateway') } },
    },
  },
  {
    id: 'F-38',
    title: 'a copied device comes back with an old token, a lost one after it was to be wiped',
    perSecond: 50,
    inject: stealDevices,
    extra: stolenDevicesLeft,
    mutation: {
      name: 'a token that comes twice ends nothing',
      preloads: { auth: { module: planted('forgiving-refresh') } },
    },
  },
  {
    id: 'F-42',
    title: 'all of alerting stands still while alarms are under way',
    perSecond: 20,
    inject: freezeAlerting,
    extra: frozenAlertingLeft,
    mutation: {
      name: 'what was due for long is taken for settled',
      preloads: { alerting: { module: planted('forget-late-timers') } },
    },
  },
  {
    id: 'F-43',
    title: 'people hand over at 02:30 in the nights on which the clock is changed, with alarms under way',
    perSecond: 20,
    impossible: noFaketime,
    preloads: { alerting: { module: planted('tokens-of-today') } },
    inject: changeClocks,
    extra: nightsLeft,
    mutation: { name: 'rosters know no summer time', preloads: { alerting: { module: planted('winter-time') } } },
  },
];

/** Enough to see in minutes that the promises hold; part of `npm test`. */
export const SMOKE: readonly string[] = ['F-01', 'F-02', 'F-05', 'F-11-small'];

/** What everything else stands on: that nothing acknowledged is ever lost. Ten minutes on two cores. */
export const FOUNDATION: readonly string[] = [
  ...['F-01', 'F-02', 'F-03', 'F-05', 'F-08', 'F-11', 'F-13', 'F-14', 'F-15', 'F-20', 'F-29'],
];

import { edgeContract } from './edge.contract.js';
import { leaksContract } from './leaks.contract.js';
import { metricsContract } from './metrics.contract.js';
import { relaisChatContract } from './relais-chat.contract.js';
import { repeatingContract } from './repeating.contract.js';
import { revocationContract } from './revocation.contract.js';
import { System } from './system.js';
import { talkingContract } from './talking.contract.js';
import { tenantsContract } from './tenants.contract.js';

const START_DEADLINE_MS = 120_000;

/** One cluster for all of it: what one part does must not disturb the others. Logs and metrics are looked at last. */
describe('a cluster of two replicas of each service', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({
      name: `system-${process.pid}`,
      replicas: 2,
      env: { RATE_LIMIT_FACTOR: '1000', HEARTBEAT_MS: '3000', DRAIN_DELAY_MS: '0', DRAIN_MS: '500' },
    });
  }, START_DEADLINE_MS);

  afterAll(() => system?.close(), START_DEADLINE_MS);

  const running = () => system;

  describe('lets people talk:', () => talkingContract(running));
  describe('records once:', () => repeatingContract(running));
  describe('keeps organizations apart:', () => tenantsContract(running));
  describe('bears hostile clients:', () => edgeContract(running));
  describe('puts people out:', () => revocationContract(running));
  describe('is talked to from a terminal:', () => relaisChatContract(running));
  describe('keeps secrets:', () => leaksContract(running));
  describe('is measured:', () => metricsContract(running));
});

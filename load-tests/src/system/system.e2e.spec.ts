import { alarmSourcesContract } from './alarm-sources.contract.js';
import { alarmsContract } from './alarms.contract.js';
import { contactContract } from './contact.contract.js';
import { edgeContract } from './edge.contract.js';
import { leaksContract } from './leaks.contract.js';
import { metricsContract } from './metrics.contract.js';
import { postureContract } from './posture.contract.js';
import { relaisAdminContract } from './relais-admin.contract.js';
import { relaisAlarmContract } from './relais-alarm.contract.js';
import { relaisChatContract } from './relais-chat.contract.js';
import { repeatingContract } from './repeating.contract.js';
import { revocationContract } from './revocation.contract.js';
import { stolenTokensContract } from './stolen-tokens.contract.js';
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
  describe('keeps apart who may not meet:', () => contactContract(running));
  describe('alarms people:', () => alarmsContract(running));
  describe('hears other systems:', () => alarmSourcesContract(running));
  describe('bears hostile clients:', () => edgeContract(running));
  describe('asks for the key of the device:', () => stolenTokensContract(running));
  describe('puts people out:', () => revocationContract(running));
  describe('hears device management:', () => postureContract(running));
  describe('is administered from a terminal:', () => relaisAdminContract(running));
  describe('is talked to from a terminal:', () => relaisChatContract(running));
  describe('is alarmed from a terminal:', () => relaisAlarmContract(running));
  describe('keeps secrets:', () => leaksContract(running));
  describe('is measured:', () => metricsContract(running));
});

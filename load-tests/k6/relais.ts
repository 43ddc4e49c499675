/**
 * Load on Relais by k6 (1.6 or newer):
 *
 *   k6 run -e SCENARIO=steady -e PEOPLE=200 -e SECONDS=60 load-tests/k6/relais.ts
 *
 * SCENARIO: steady, spike (ten times as many messages in the middle third), storm (everybody leaves and comes back at once,
 * over and over), alarm (to everybody, in the middle). PEOPLE sockets stay for SECONDS, with a message of each every EVERY
 * seconds. Sessions come from `npm run load`, at PEOPLE_URL.
 */
import exec from 'k6/execution';
import type { Options, Scenario } from 'k6/options';
import { raise as raiseAlarm, stay } from './socket.ts';

const people = Number(__ENV.PEOPLE ?? 100);
const seconds = Number(__ENV.SECONDS ?? 60);
const everyMs = Number(__ENV.EVERY ?? 10) * 1_000;
const stormMs = 15_000;
const name = __ENV.SCENARIO ?? 'steady';

const sockets = (run: string, iterations = 1): Scenario => ({
  executor: 'per-vu-iterations',
  ...{ exec: run, vus: people, iterations, maxDuration: `${seconds + 60}s` },
});
const SCENARIOS: Record<string, Record<string, Scenario>> = {
  steady: { steady: sockets('steady') },
  spike: { spike: sockets('spike') },
  storm: { storm: sockets('storm', Math.max(2, Math.floor((seconds * 1_000) / stormMs))) },
  alarm: {
    steady: sockets('steady'),
    raise: {
      executor: 'per-vu-iterations',
      exec: 'raise',
      vus: 1,
      iterations: 1,
      startTime: `${Math.floor(seconds / 2)}s`,
    },
  },
};
const chosen = SCENARIOS[name];
if (!chosen) throw new Error(`no scenario ${name}: there are ${Object.keys(SCENARIOS).join(', ')}`);

/** What is promised: docs/operations/watching.md. */
const PROMISES = {
  relais_connected: ['rate>0.999'],
  relais_connect_time: ['p(99.9)<1000'],
  relais_accepted: ['rate>0.9995'],
  relais_accept_time: ['p(99)<500'],
  relais_entries_heard: ['count>0'],
  relais_delivery_time: ['p(99.5)<1000', 'p(99.9)<5000'],
};
/** All come at once, and are let in at a pace: who waits for it was told so. */
const AFTER_A_STORM = { ...PROMISES, relais_connect_time: ['p(99)<30000'] };
const OF_AN_ALARM = { ...PROMISES, relais_alarm_time: ['p(99.95)<3000'], relais_alarms_heard: [`count>=${people}`] };

export const options: Options = {
  scenarios: chosen,
  thresholds: name === 'storm' ? AFTER_A_STORM : name === 'alarm' ? OF_AN_ALARM : PROMISES,
};

const person = (): number => exec.vu.idInTest - 1;
/** Not all in the same moment. */
const about = (ms: number): number => ms * (0.5 + Math.random());

export const steady = (): void => stay({ person: person(), stayMs: seconds * 1_000, pauseMs: () => about(everyMs) });

export const spike = (): void =>
  stay({
    ...{ person: person(), stayMs: seconds * 1_000 },
    pauseMs: (sinceReadyMs) => {
      const third = Math.floor((sinceReadyMs / (seconds * 1_000)) * 3);
      return about(third === 1 ? everyMs / 10 : everyMs);
    },
  });

export const storm = (): void => stay({ person: person(), stayMs: stormMs, pauseMs: () => about(everyMs) });

export const raise = (): void => raiseAlarm();

import { afterTrigger, minReplicasAt, surgeSeconds } from './surge-plan.js';
import type { SurgePolicy, SurgeSpec, SurgeStatus, Trigger } from './surge-policy.js';

const NOW = new Date('2026-11-27T10:00:00.000Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);
const spec: SurgeSpec = {
  ...{ target: 'm-gateway', minReplicas: 3, maxReplicas: 12, cpuPercent: 70 },
  surge: { replicas: 8, minRecipients: 500, holdSeconds: 600, stepSeconds: 120, maxPerHour: 2 },
};
const policy = (status?: SurgeStatus, annotations: Record<string, string> = {}): SurgePolicy => ({
  ...{ apiVersion: 'relais.io/v1alpha1', kind: 'SurgePolicy', metadata: { name: 'm', annotations }, spec },
  ...(status && { status }),
});
const alarm = (id: string, more: Partial<Trigger> = {}): Trigger => ({
  ...{ id, cause: 'alarm', at: NOW, recipients: 10_000 },
  ...more,
});
function raised(given: SurgePolicy, trigger: Trigger, now = NOW): SurgePolicy & { status: SurgeStatus } {
  const status = afterTrigger(given, trigger, now);
  if (typeof status === 'string') throw new Error(`skipped: ${status}`);
  return { ...given, status };
}
const reasonOf = (given: SurgePolicy, trigger: Trigger, now = NOW) => {
  const status = afterTrigger(given, trigger, now);
  return typeof status === 'string' ? status : 'raised';
};

describe('the plan of a surge', () => {
  it('is the usual minimum where nothing happens', () => {
    expect(minReplicasAt(policy(), NOW)).toBe(3);
  });

  it('holds the raised minimum for its time, goes down one by one and ends exactly at the usual one', () => {
    const { status } = raised(policy(), alarm('a'));
    const at = (seconds: number) => minReplicasAt({ spec, status }, later(seconds));

    expect([0, 599].map(at)).toEqual([8, 8]);
    expect([600, 719, 720, 840, 960, 1_080].map(at)).toEqual([7, 7, 6, 5, 4, 3]);
    expect(at(1_000_000)).toBe(3);
    expect([surgeSeconds(spec) - 1, surgeSeconds(spec)].map(at)).toEqual([4, 3]);
  });

  it('takes two alarms at once for one surge that lasts as long as the later one', () => {
    const first = raised(policy(), alarm('a'));
    const second = raised(first, alarm('b', { at: later(300) }), later(300));

    expect(second.status.surge).toMatchObject({
      replicas: 8,
      since: NOW.toISOString(),
      until: later(900).toISOString(),
    });
    expect(second.status.begunAt).toHaveLength(1);
  });

  it('takes the same alarm once, however often it is told', () => {
    expect(reasonOf(raised(policy(), alarm('a')), alarm('a'), later(10))).toBe('known');
  });

  it('leaves small alarms and old ones alone; outage mode is never small', () => {
    expect(reasonOf(policy(), alarm('a', { recipients: 499 }))).toBe('small');
    expect(reasonOf(policy(), alarm('a', { recipients: 500 }))).toBe('raised');
    expect(reasonOf(policy(), alarm('a'), later(600))).toBe('late');
    expect(reasonOf(policy(), alarm('a', { cause: 'outage', recipients: 0 }))).toBe('raised');
  });

  it('begins no more surges in an hour than it may, so that nobody can burn the cluster with alarms', () => {
    const first = raised(policy(), alarm('a'));
    const second = raised(first, alarm('b', { at: later(700) }), later(700));

    expect(reasonOf(second, alarm('c', { at: later(1_400) }), later(1_400))).toBe('limited');
    expect(reasonOf(second, alarm('d', { at: later(3_700) }), later(3_700))).toBe('raised');
  });

  it('never asks for more than there may be, nor for less than usual', () => {
    const large = { ...policy(), spec: { ...spec, maxReplicas: 5 } };
    expect(minReplicasAt(raised(large, alarm('a')), NOW)).toBe(5);
    const small = { ...policy(), spec: { ...spec, minReplicas: 10 } };
    expect(minReplicasAt(raised(small, alarm('a')), NOW)).toBe(10);
  });

  it('follows a usual minimum, and a largest number, that are changed during a surge', () => {
    const { status } = raised(policy(), alarm('a'));

    expect(minReplicasAt({ spec: { ...spec, minReplicas: 9 }, status }, NOW)).toBe(9);
    expect(minReplicasAt({ spec: { ...spec, maxReplicas: 4 }, status }, NOW)).toBe(4);
    expect(minReplicasAt({ spec: { ...spec, minReplicas: 5 }, status }, later(100_000))).toBe(5);
  });

  it('raises nothing while the annotation says so', () => {
    expect(reasonOf(policy(undefined, { 'relais.io/surge': 'paused' }), alarm('a'))).toBe('paused');
  });

  it('remembers no more than it has to', () => {
    let given = policy();
    for (let index = 0; index < 300; index++) given = raised(given, alarm(`a${index}`));

    expect(given.status?.handled).toHaveLength(200);
    expect(given.status?.handled?.at(-1)).toBe('a299');
  });
});

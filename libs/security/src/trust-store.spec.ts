import type { DeviceId, OrganizationId, SessionId, UserId } from '@relais/kernel';
import { newId } from '@relais/kernel';
import { TrustStore } from './trust-store.js';

function setup() {
  const clock = { nowMs: 0, now: () => new Date(clock.nowMs) };
  const someone = {
    organizationId: newId<OrganizationId>(),
    userId: newId<UserId>(),
    deviceId: newId<DeviceId>(),
    sessionId: newId<SessionId>(),
    epoch: 10,
  };
  return { clock, someone, trust: new TrustStore(clock) };
}

describe('the trust of a replica', () => {
  it('takes a token as revoked only when one of its ids was put out after its issue', () => {
    const { someone, trust } = setup();

    trust.applyRevocations([{ subjectId: someone.userId, epoch: 10 }]);
    expect(trust.isRevoked(someone)).toBe(false);
    trust.applyRevocations([{ subjectId: someone.userId, epoch: 11 }]);
    expect(trust.isRevoked(someone)).toBe(true);
  });

  it('never goes back to a lower number when answers overtake each other', () => {
    const { someone, trust } = setup();

    trust.applyRevocations([{ subjectId: someone.userId, epoch: 12 }]);
    trust.applyRevocations([{ subjectId: someone.userId, epoch: 3 }]);

    expect(trust.isRevoked(someone)).toBe(true);
  });

  it('tells listeners what is new, once', () => {
    const { someone, trust } = setup();
    const heard: unknown[] = [];
    const release = trust.onRevoked((revocations) => heard.push(...revocations));
    const revocation = { subjectId: someone.deviceId, epoch: 11 };

    trust.applyRevocations([revocation]);
    trust.applyRevocations([revocation]);
    release();
    trust.applyRevocations([{ ...revocation, epoch: 12 }]);

    expect(heard).toEqual([revocation]);
  });

  it('forgets a revocation when no token older than it can be alive', () => {
    const { clock, someone, trust } = setup();
    trust.applyRevocations([{ subjectId: someone.userId, epoch: 11 }]);

    clock.nowMs = 365_000;
    trust.applyRevocations([]);
    expect(trust.isRevoked(someone)).toBe(true);
    clock.nowMs = 365_001;
    trust.applyRevocations([]);
    expect(trust.isRevoked(someone)).toBe(false);
  });

  it('says how long ago auth was last asked, and does not count signals as asking', () => {
    const { clock, trust } = setup();
    expect(trust.staleMs()).toBe(Number.POSITIVE_INFINITY);

    trust.applyKeys([]);
    clock.nowMs = 1_500;
    trust.applyRevocations([]);

    expect(trust.staleMs()).toBe(1_500);
  });
});

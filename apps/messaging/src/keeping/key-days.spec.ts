import { newId, type OrganizationId } from '@relais/kernel';
import { KeyDays } from './key-days.js';

describe('for how long keys are used', () => {
  let keyDays: number | null = 7;
  let reads = 0;
  let nowMs = 0;
  let isAway = false;
  const organizationId = newId<OrganizationId>();
  const anew = () =>
    new KeyDays(
      async () => {
        reads++;
        if (isAway) throw new Error('away');
        return keyDays;
      },
      () => nowMs,
    );

  it('is read once a minute for an organization, and once for many who ask together', async () => {
    const days = anew();

    expect(await Promise.all([days.of(organizationId), days.of(organizationId)])).toEqual([7, 7]);
    [keyDays, nowMs] = [null, 59_999];
    expect(await days.of(organizationId)).toBe(7);
    nowMs = 60_000;
    expect(await days.of(organizationId)).toBeUndefined();
    expect(reads).toBe(2);
    await days.of(newId<OrganizationId>());
    expect(reads).toBe(3);
  });

  it('is read again where that has failed', async () => {
    const days = anew();
    isAway = true;
    await expect(days.of(organizationId)).rejects.toThrow('away');
    [isAway, keyDays] = [false, 3];

    expect(await days.of(organizationId)).toBe(3);
  });
});

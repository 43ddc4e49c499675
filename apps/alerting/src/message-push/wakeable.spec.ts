import { newId, type OrganizationId } from '@relais/kernel';
import { Wakeable } from './wakeable.js';

describe('whether there is any device to wake', () => {
  const [one, other] = [newId<OrganizationId>(), newId<OrganizationId>()];
  let asked: OrganizationId[];
  let answer: () => Promise<boolean>;
  let nowMs: number;
  let wakeable: Wakeable;

  beforeEach(() => {
    [asked, nowMs, answer] = [[], 5_000, () => Promise.resolve(false)];
    const anyToWake = (organizationId: OrganizationId) => (asked.push(organizationId), answer());
    wakeable = new Wakeable({ anyToWake }, () => nowMs);
  });

  it('is asked once a second of each organization, however much is said there', async () => {
    const answers = await Promise.all([one, one, one, other].map((id) => wakeable.isAnybody(id)));
    nowMs += 999;
    await wakeable.isAnybody(one);

    expect(answers).toEqual([false, false, false, false]);
    expect(asked).toEqual([one, other]);
  });

  it('is known a second after it has changed', async () => {
    await wakeable.isAnybody(one);
    answer = () => Promise.resolve(true);
    nowMs += 1_000;

    expect(await wakeable.isAnybody(one)).toBe(true);
  });

  it('is asked again at once when the database did not tell', async () => {
    answer = () => Promise.reject(new Error('away'));
    await expect(wakeable.isAnybody(one)).rejects.toThrow('away');
    answer = () => Promise.resolve(true);

    expect(await wakeable.isAnybody(one)).toBe(true);
  });
});

import { live, type LiveEvent, liveEvent, PEOPLE_AT_ONCE, tellPeople } from '@relais/contracts';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import { SocketPath } from './socket-path.js';

describe('what is said to the sockets of people', () => {
  const organizationId = newId<OrganizationId>();
  const event: LiveEvent = { type: 'alarm_update_due', alarmId: newId<never>() };
  const { subject: toMany, question: many } = tellPeople(organizationId);

  /** What leaves when so many are told and gateways answer this to each message for many. */
  async function toldTo(
    count: number,
    answers: () => Promise<{ held: number[] }[]> = () => Promise.resolve([everybody]),
    how: 'reach' | 'tell' = 'reach',
  ) {
    const each: { subject: string; data: unknown }[] = [];
    const atOnce: { subject: string; question: unknown }[] = [];
    const publish = (subject: string, data: string | Uint8Array) =>
      void each.push({ subject, data: JSON.parse(Buffer.from(data).toString()) });
    const ask = ({ subject }: { subject: string }, question: unknown) => {
      atOnce.push({ subject, question });
      return answers() as Promise<never[]>;
    };
    // Nothing is read for what is said as it is.
    const path = new SocketPath(undefined as never, undefined as never, { publish }, { ask });
    const userIds = Array.from({ length: count }, () => newId<UserId>());
    path[how](organizationId, userIds, event);
    await path.onApplicationShutdown();
    return { userIds, each, atOnce };
  }
  const everybody = { held: Array.from({ length: PEOPLE_AT_ONCE }, (_, at) => at) };
  const subjectsOf = (userIds: readonly UserId[]) => userIds.map((id) => live.user(organizationId, id));

  it.each(['reach', 'tell'] as const)('goes to each of a few on their own (%s)', async (how) => {
    const { userIds, each, atOnce } = await toldTo(8, undefined, how);

    expect(each.map(({ subject }) => subject)).toEqual(subjectsOf(userIds));
    for (const { data } of each) expect(liveEvent.parse(data)).toEqual(event);
    expect(atOnce).toEqual([]);
  });

  it.each([9, PEOPLE_AT_ONCE, PEOPLE_AT_ONCE + 1])(
    'goes to %d in messages for many, each person once',
    async (count) => {
      const { userIds, each, atOnce } = await toldTo(count);
      const messages = atOnce.map(({ question }) => many.parse(question));

      expect(new Set(atOnce.map(({ subject }) => subject))).toEqual(new Set([toMany]));
      expect(messages).toHaveLength(Math.ceil(count / PEOPLE_AT_ONCE));
      expect(messages.flatMap((message) => message.userIds)).toEqual(userIds);
      for (const { told } of messages) expect(told).toEqual(event);
      expect(each).toEqual([]);
    },
  );

  it('goes on their own to those of many whom no gateway says to have', async () => {
    const { userIds, each } = await toldTo(12, () => Promise.resolve([{ held: [0, 2, 4] }, { held: [11, 4] }]));

    const rest = userIds.filter((_, at) => ![0, 2, 4, 11].includes(at));
    expect(each.map(({ subject }) => subject)).toEqual(subjectsOf(rest));
    for (const { data } of each) expect(liveEvent.parse(data)).toEqual(event);
  });

  it('goes to each of many on their own where the message for many did not leave', async () => {
    const { userIds, each } = await toldTo(12, () => Promise.reject(new Error('larger than NATS lets pass')));

    expect(each.map(({ subject }) => subject)).toEqual(subjectsOf(userIds));
  });

  it('goes to many at most once where it is news, whatever gateways say: nothing older comes after something newer', async () => {
    const { userIds, each, atOnce } = await toldTo(PEOPLE_AT_ONCE + 1, () => Promise.resolve([]), 'tell');

    const messages = each.map(({ subject, data }) => ({ subject, ...many.parse(data) }));
    expect(messages.map(({ subject, told }) => ({ subject, told }))).toEqual(
      Array.from({ length: 2 }, () => ({ subject: toMany, told: event })),
    );
    expect(messages.flatMap((message) => message.userIds)).toEqual(userIds);
    expect(atOnce).toEqual([]);
  });
});

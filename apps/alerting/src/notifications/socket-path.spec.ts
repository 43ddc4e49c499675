import { live, type LiveEvent, liveEvent, PEOPLE_AT_ONCE, peopleTold } from '@relais/contracts';
import { newId, type OrganizationId, type UserId } from '@relais/kernel';
import { SocketPath } from './socket-path.js';

describe('what is said to the sockets of people', () => {
  const organizationId = newId<OrganizationId>();
  const event: LiveEvent = { type: 'alarm_update_due', alarmId: newId<never>() };

  /** What leaves when so many are told. */
  function toldTo(count: number) {
    const left: { subject: string; data: unknown }[] = [];
    const publish = (subject: string, data: string | Uint8Array) =>
      void left.push({ subject, data: JSON.parse(Buffer.from(data).toString()) });
    // Nothing is read for what is said as it is.
    const path = new SocketPath(undefined as never, undefined as never, { publish });
    const userIds = Array.from({ length: count }, () => newId<UserId>());
    path.tell(organizationId, userIds, event);
    return { userIds, left };
  }

  it('goes to each of a few on their own', () => {
    const { userIds, left } = toldTo(8);

    expect(left.map(({ subject }) => subject)).toEqual(userIds.map((id) => live.user(organizationId, id)));
    for (const { data } of left) expect(liveEvent.parse(data)).toEqual(event);
  });

  it.each([9, PEOPLE_AT_ONCE, PEOPLE_AT_ONCE + 1])('goes to %d in messages for many, each person once', (count) => {
    const { userIds, left } = toldTo(count);
    const messages = left.map(({ data }) => peopleTold.parse(data));

    expect(new Set(left.map(({ subject }) => subject))).toEqual(new Set([live.people(organizationId)]));
    expect(messages).toHaveLength(Math.ceil(count / PEOPLE_AT_ONCE));
    expect(messages.flatMap((message) => message.userIds)).toEqual(userIds);
    for (const { told } of messages) expect(told).toEqual(event);
  });
});

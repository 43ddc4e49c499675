import type { ROUTES } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import { DeviceKey } from '@relais/sdk';
import { newDevice } from './organization.js';
import type { Person } from './person.js';

/** What acme has, and what of rival's is needed to ask for it. */
export interface Place {
  conversationId: ConversationId;
  entryId: EntryId;
  other: { conversationId: ConversationId };
  poolId: never;
  otherPoolId: never;
  invitationId: never;
  ownPoolId: never;
  victim: Person;
  mallory: Person;
}
export type RouteName = keyof typeof ROUTES;
interface Case {
  /** The code of the refusal; without one, the call may be made and tells nothing. */
  refused?: string;
  says: string;
  input(place: Place): object;
}

const refused = (code: string, input: (place: Place) => object = () => ({})): Case => ({
  ...{ refused: code, says: code, input },
});
const accepted = (says: string, input: (place: Place) => object = () => ({})): Case => ({ says, input });
const theirs = (more: (place: Place) => object = () => ({})) =>
  refused('conversation_not_found', (place) => ({ conversationId: place.conversationId, ...more(place) }));
const device = (place: Place) => ({
  ...newDevice('x', place.victim.session.tokens.deviceId),
  publicKey: DeviceKey.generate().publicKey,
});
const userId = ({ victim }: Place) => victim.id;
const nobody = { email: 'nobody@rival.example', displayName: 'Nobody', password: 'correct horse battery staple' };

/** What every route answers to an owner of rival who gives ids, names and secrets of acme. */
export const CASES: Record<RouteName, Case> = {
  bootstrap: refused('bootstrap_refused', (place) => ({
    ...{ bootstrapToken: 'x'.repeat(40), organization: { handle: 'acme', name: 'Acme' } },
    ...{ owner: nobody, device: device(place) },
  })),
  login: refused('login_failed', ({ victim, ...place }) => {
    const { email, password } = victim.account;
    return { organization: 'rival', email, password, device: device({ victim, ...place }) };
  }),
  refresh: refused('refresh_failed', () => ({ refreshToken: 'x'.repeat(43), proof: 'x' })),
  listSessions: accepted('lists one’s own'),
  logout: accepted('ends one’s own'),
  closeSession: refused('session_not_found', ({ victim }) => ({ sessionId: victim.session.tokens.sessionId })),
  changePassword: refused('wrong_password', ({ victim }) => ({
    currentPassword: victim.account.password,
    newPassword: 'correct horse battery staple',
  })),
  invite: refused('pool_not_found', ({ poolId }) => ({ poolIds: [poolId] })),
  listInvitations: accepted('lists one’s own'),
  revokeInvitation: refused('invitation_not_found', ({ invitationId }) => ({ invitationId })),
  acceptInvitation: refused('invitation_refused', (place) => ({
    invitationToken: place.invitationId,
    ...nobody,
    device: device(place),
  })),
  me: accepted('is oneself'),
  listDevices: accepted('lists one’s own'),
  removeDevice: refused('device_not_found', ({ victim }) => ({ deviceId: victim.session.tokens.deviceId })),
  listUsers: accepted('lists one’s own'),
  updateUser: refused('user_not_found', (place) => ({ userId: userId(place), role: 'owner' })),
  removeUser: refused('user_not_found', (place) => ({ userId: userId(place) })),
  listPools: accepted('lists one’s own'),
  createPool: accepted('makes one’s own of the same id', ({ otherPoolId }) => ({ id: otherPoolId, name: 'mine' })),
  renamePool: refused('pool_not_found', ({ poolId }) => ({ poolId, name: 'mine' })),
  addPoolUser: refused('user_not_found', (place) => ({ poolId: place.ownPoolId, userId: userId(place) })),
  removePoolUser: refused('pool_not_found', (place) => ({ poolId: place.poolId, userId: userId(place) })),
  createConversation: refused('user_not_found', (place) => ({
    ...{ id: newId<ConversationId>(), kind: 'group', memberIds: [userId(place)] },
  })),
  listConversations: accepted('lists one’s own'),
  readConversation: theirs(),
  updateConversation: theirs(() => ({ title: 'mine' })),
  closeConversation: theirs(),
  muteConversation: theirs(() => ({ until: null })),
  listMembers: theirs(),
  addMembers: theirs(({ mallory }) => ({ userIds: [mallory.id] })),
  removeMember: theirs((place) => ({ userId: userId(place) })),
  changeRole: theirs((place) => ({ userId: userId(place), role: 'reader' })),
  listEntries: theirs(),
  append: theirs(() => ({ id: newId<EntryId>(), kind: 'message', body: { text: 'intruder' } })),
  sync: accepted('says that it is gone', ({ conversationId }) => ({ heads: [[conversationId, 0]] })),
  marks: accepted('changes nothing', ({ conversationId }) => ({ marks: [{ conversationId, read: 1 }] })),
};

/** They cost a password hash each, or end the session that asks. */
export const UNFIT: ReadonlySet<string> = new Set([
  'bootstrap',
  'login',
  'acceptInvitation',
  'changePassword',
  'logout',
  'removeUser',
  'updateUser',
  'createPool',
  'createConversation',
]);

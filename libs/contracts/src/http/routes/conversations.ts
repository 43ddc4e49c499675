import {
  addMembers,
  advanceMarks,
  changeRole,
  closeConversation,
  createConversation,
  listConversations,
  listMembers,
  muteConversation,
  readConversation,
  removeMember,
  updateConversation,
} from '../../messaging/conversations.js';
import { appendEntry, listEntries, syncEntries } from '../../messaging/entries.js';
import { route } from '../define-route.js';

const conversation = '/v1/conversations/{conversationId}';

/** Conversations and what is written in them: messaging. */
export const CONVERSATION_ROUTES = {
  createConversation: route('PUT', '/v1/conversations/{id}', 'Make a conversation', createConversation),
  listConversations: route('GET', '/v1/conversations', 'List my conversations', listConversations),
  readConversation: route('GET', conversation, 'One conversation as I see it', readConversation),
  updateConversation: route('PATCH', conversation, 'Change title or settings', updateConversation),
  closeConversation: route('POST', `${conversation}/close`, 'Close a conversation', closeConversation),
  muteConversation: route('PUT', `${conversation}/mute`, 'Mute, or unmute with null', muteConversation),
  listMembers: route('GET', `${conversation}/members`, 'List members and how far they have read', listMembers),
  addMembers: route('POST', `${conversation}/members`, 'Add members', addMembers),
  removeMember: route('DELETE', `${conversation}/members/{userId}`, 'Take a member out, or leave', removeMember),
  changeRole: route('PUT', `${conversation}/members/{userId}/role`, "Change a member's role", changeRole),
  listEntries: route('GET', `${conversation}/entries`, 'Read the log forwards or backwards', listEntries),
  append: route('PUT', `${conversation}/entries/{id}`, 'Write an entry; safe to repeat with the same id', appendEntry),
  sync: route('POST', '/v1/sync', 'What changed since my heads', syncEntries, { limit: 'read' }),
  marks: route('POST', '/v1/marks', 'Say how far I have received and read', advanceMarks),
} as const;

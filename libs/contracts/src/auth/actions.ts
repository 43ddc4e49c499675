/**
 * Everything that leaves a fact, `<noun>.<past>`, and what it says. What is not here cannot be recorded, so this list and the
 * code are the same. A fact of an action that was refused has the same name and the outcome `refused`.
 */
export const ACTIONS = {
  'organization.made': 'An organization came to be, with its owner and its default pool',

  'invitation.made': 'Somebody was invited: to which role and pools, until when',
  'invitation.withdrawn': 'An invitation nobody had used was taken back',
  'invitation.accepted': 'An invitation was used up by the person it made',

  'user.provisioned': 'A directory, an import or an identity provider made a person: with which role and pools',
  'user.changed': 'Role or name of a person was changed',
  'user.disabled': 'A person was put out: every session of theirs ended',
  'user.enabled': 'A person may sign in again',
  'user.removed': 'A person was taken out for good',

  'session.opened': 'Somebody signed in; refused: they did not prove who they are or may not come in',
  'session.closed': 'A session was ended by its person',
  'session.revoked': 'Sessions of a device or a person were ended because a transmitter of security events said so',
  'refresh-token.reused': 'A refresh token came a second time from somebody else: its session was ended',
  'password.changed': 'A person exchanged their password; refused: the current one was wrong',
  'directory.put': 'A directory was connected or its settings changed',
  'directory.deleted': 'A directory was forgotten; its people stay',
  'directory-run.started': 'A run of a directory was started by hand',
  'directory-run.ended': 'A run ended: in which state, with how many changes',
  'directory-run.approved': 'Somebody let a run go on that the brake had stopped, or that was only planned',
  'directory-run.undone': 'What a run had done was taken back',
  'provisioning-client.made': 'A SCIM client was made, with its secret',
  'provisioning-client.secret-rotated': 'A SCIM client has another secret; until when the one before is taken',
  'provisioning-client.released': 'The brake that had stopped a SCIM client was released',
  'provisioning-client.deleted': 'A SCIM client was forgotten; its people and pools stay',
  'scim-group.made': 'A SCIM client made a group: this pool',
  'scim-group.deleted': 'A SCIM client deleted a group: its people left the pool, which stays',
  'identity-provider.put': 'An identity provider was connected or its settings changed',
  'identity-provider.deleted': 'An identity provider was forgotten; its people stay',
  'break-glass.issued': 'A break-glass credential was issued: to whom, for which device, until when',
  'break-glass.revoked': 'A break-glass credential was taken back',
  'break-glass.used': 'Somebody came in by break-glass, and why they could; refused: they could not',
  'outage-mode.changed':
    'Outage mode was switched on or off, by a person, a key or on behalf of the watch; refused: by a key that may not',
  'outage-mode.released': 'Outage mode is left to the watch on the first channel again',
  'outage-key.issued': 'A key that switches outage mode was issued: until when',
  'outage-key.deleted': 'A key that switches outage mode was taken back',
  'identity.linked': 'A person was connected with somebody at an identity provider, by their verified address',
  'device.state-changed':
    'A device waits for approval, was let in, suspended, wiped or put out: from which state to which',
  'remote-lock.activated': 'A device got a secret that its data is locked with',
  'remote-lock.deactivated': 'A device gave its remote secret up',
  'remote-secret.withheld': 'An app that started was refused its secret: locked, suspended, or to be wiped',
  'device.locked': 'The remote secret of a device is withheld from now on',
  'device.unlocked': 'The remote secret of a device is given again',
  'enrolment.made': 'A token that lets one device in was made: for whom, until when',
  'enrolment.withdrawn': 'Such a token was taken back before it was used',
  'enrolment.redeemed': 'A device came in with such a token; refused: not one of this person or place',
  'posture-source.put': 'Device management was connected, or how it is read was changed',
  'posture-source.deleted': 'Device management was forgotten',
  'posture.reported': 'Device management said whether a device is in order; refused: it did not prove to be the one',
  'wipe.ordered': 'Somebody ordered that the data on a device goes',
  'wipe.delivered': 'The device fetched the order',
  'wipe.cancelled': 'An order that was not delivered was taken back',
  'wipe.overdue': 'A device has not said for a day that it carried out the order',
  'device.removed': 'A device was put out by its person',

  'factor.added': 'A person added a factor: of which kind',
  'factor.removed': 'A factor was removed, by its person or an administrator',
  'recovery-codes.renewed': 'A person got new recovery codes in place of the old',
  'password-reset.started': 'An administrator began a reset of a password: until when',
  'password.reset': 'A password was chosen anew in a reset: every session ended',
  'factor-reset.requested': 'An administrator asked for all factors of a person to go',
  'factor-reset.approved': 'A second one agreed: factors and recovery codes went, every session ended',
  'factor-reset.rejected': 'A reset of factors was refused, or taken back',
  'authentication-policy.changed': 'What is asked at login was changed, for the organization or a pool',

  'pool.made': 'A pool was made',
  'pool.renamed': 'A pool has another name',
  'pool.user-added': 'A person was put into a pool',
  'pool.user-removed': 'A person was taken out of a pool',

  'permission.denied': 'Somebody asked for what they may not do: which request, for want of what',
  'role.made': 'A custom role was made, of these permissions',
  'role.changed': 'Name or permissions of a custom role were changed, for all who have it',
  'role.deleted': 'A custom role was taken from all who had it',
  'role.assigned': 'A person was given a custom role, everywhere or for one pool',
  'role.unassigned': 'A custom role was taken from a person',

  'bot.made': 'A bot was made, with a key, visible to nobody',
  'bot.changed': 'Name or scopes of a bot were changed',
  'bot.disabled': 'A bot was put out: its tokens are refused',
  'bot.enabled': 'A bot may ask for tokens again',
  'bot.removed': 'A bot was taken out for good',
  'bot.key-added': 'A bot has one more key',
  'bot.key-retired': 'A key of a bot was taken out of use: its tokens are refused',
  'bot.granted': 'People may see and write to a bot from now on',
  'bot.ungranted': 'People may not see and write to a bot any more',
  'bot.signed-in': 'A bot got an access token; refused: it did not prove to be the bot',

  'contact-policy.changed': 'Who may meet whom was said anew: the mode before and after',
  'contact-policy.cell-set': 'What people of one pool may do to those of another was said',
  'contact-policy.cell-removed': 'A line of the table of pools was taken out',

  'registration-entry.added': 'An address or domain may register from now on',
  'registration-entry.removed': 'An address or domain was taken off the list of those who may register',
  'registration.refused':
    'Somebody was let in otherwise, but their address may not register, or there are as many people as there may be',

  'people-quota.changed': 'How many people there may be was said anew: before and after',

  'app-policy.changed': 'What a layer of the app policy says was changed',
  'app-policy.violated': 'A device told that it does not meet its app policy',
  'app-policy.met': 'A device told that it meets its app policy again',
} as const satisfies Record<string, string>;

export type ActionName = keyof typeof ACTIONS;

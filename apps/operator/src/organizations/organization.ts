import type { DirectoryRun, DirectorySettings, IdentityProviderSettings } from '@relais/contracts';
import { GROUP_VERSION } from '../kubernetes/objects.js';
import type { Conditioned } from '../kubernetes/reconcile.js';
import type { SecretRef } from './named-secret.js';

/** The organization of this namespace: what is said of it here is so there. What is not named here is left alone. */
export interface Organization extends Conditioned<OrganizationDone> {
  spec: OrganizationSpec;
}

export interface OrganizationSpec {
  /** How many people there may be; 0: as many as come. */
  maxPeople?: number;
  /** How long messages are kept. */
  messages?: WantedKeeping;
  /** Who is invited to be an administrator, each once. */
  administrators?: Administrator[];
  /** Where people sign in; they become members by it, and nothing more. */
  identityProviders?: WantedIdentityProvider[];
  /** Where people come from; they become members by it, and nothing more. */
  directories?: WantedDirectory[];
}

export interface WantedKeeping {
  /** 0: as long as their conversation. */
  keepDays?: number;
  /** For how many days one key seals them; 0: a month of the calendar. */
  keyDays?: number;
}

export interface KeptMessages {
  /** As it is there, whoever said it; not there where there is no end. */
  keepDays?: number;
  keyDays?: number;
  /** What a shorter period has hidden, at most 250,000 messages, and from when on it cannot be taken back. */
  hidden?: { messages: number; conversations: number };
  clearsFrom?: string;
}

type Said = 'issuer' | 'clientId' | 'redirectUris';
type MaySay = 'scopes' | 'mayCreatePeople' | 'trustsEmail';

export interface WantedIdentityProvider
  extends Pick<IdentityProviderSettings, Said>, Partial<Pick<IdentityProviderSettings, MaySay>> {
  /** Whose provider it is: another name is another one. */
  name: string;
  /** What people see; the name where it is not given. */
  displayName?: string;
  clientSecretRef?: SecretRef;
}

export interface KeptIdentityProvider {
  name: string;
  id: string;
  /** Of the Secret whose content was said last. */
  secretVersion?: string;
}

type SaidOfDirectory = 'startTls' | 'caPem' | 'bindDn' | 'pageSize' | 'everyMinutes';

export interface WantedDirectory
  extends Pick<DirectorySettings, 'urls'>, Partial<Pick<DirectorySettings, SaidOfDirectory>> {
  /** Whose directory it is: another name is another one. */
  name: string;
  /** What administrators see; the name where it is not given. */
  displayName?: string;
  bindPasswordRef?: SecretRef;
  people: Pick<DirectorySettings['people'], 'base'> & Partial<DirectorySettings['people']>;
  brake?: Partial<DirectorySettings['brake']>;
}

export interface KeptDirectory {
  name: string;
  id: string;
  /** Of the Secret whose content was said last. */
  secretVersion?: string;
  /** Who has come from it. */
  people: number;
  lastRun?: Pick<DirectoryRun, 'state' | 'finishedAt' | 'seen' | 'disables' | 'applied' | 'problems'>;
}

export interface Administrator {
  /** In the name of the Secret. */
  name: string;
  /** The invitation is for this address alone. */
  email: string;
}

/** How far somebody has come. All but `Invited` is for good: who is to be invited again gets another name or address. */
export interface InvitedAdministrator extends Administrator {
  /** `Here`: somebody had this address already, and nothing of them was changed. */
  state: 'Invited' | 'Accepted' | 'Here' | 'Withdrawn';
  invitationId?: string;
  expiresAt?: string;
  /** Holds the token. */
  secret?: string;
}

export interface OrganizationDone {
  people: MeasuredPeople;
  administrators: InvitedAdministrator[];
  identityProviders: KeptIdentityProvider[];
  directories: KeptDirectory[];
  /** Where something is said of them. */
  messages?: KeptMessages;
}

export interface MeasuredPeople {
  /** Who is active. */
  active: number;
  /** How many may be; not there where there is no end. */
  max?: number;
  /** When that was read, or looked at last and found to be so still, to some minutes. */
  readAt: string;
}

export const organizationsOf = (namespace: string): string =>
  `/apis/${GROUP_VERSION}/namespaces/${namespace}/organizations`;

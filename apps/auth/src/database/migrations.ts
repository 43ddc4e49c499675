import { Factors1764000000100 } from './migrations/1764000000100-factors.js';
import { ContactPolicy1764000000500 } from './migrations/1764000000500-contact-policy.js';
import { Directories1764000000300 } from './migrations/1764000000300-directories.js';
import { DeviceStates1764000000400 } from './migrations/1764000000400-device-states.js';
import { AppPolicy1764000000800 } from './migrations/1764000000800-app-policy.js';
import { BreakGlass1764000000510 } from './migrations/1764000000510-break-glass.js';
import { IdentityProviders1764000000505 } from './migrations/1764000000505-identity-providers.js';
import { Identities1764000000000 } from './migrations/1764000000000-identities.js';
import { Enrolments1764000000710 } from './migrations/1764000000710-enrolments.js';
import { Notices1764000000731 } from './migrations/1764000000731-notices.js';
import { Posture1764000000701 } from './migrations/1764000000701-posture.js';
import { RemoteLock1764000000720 } from './migrations/1764000000720-remote-lock.js';
import { Resets1764000000730 } from './migrations/1764000000730-resets.js';
import { Provisioning1764000000600 } from './migrations/1764000000600-provisioning.js';
import { DirectoryMarks1764000000900 } from './migrations/1764000000900-directory-marks.js';
import { RolesAndBots1764000000700 } from './migrations/1764000000700-roles-and-bots.js';
import { OutageSwitch1764100500000 } from './migrations/1764100500000-outage-switch.js';
import { PhonesOfRuns1764100810000 } from './migrations/1764100810000-phones-of-runs.js';
import { PeopleQuota1764290000000 } from './migrations/1764290000000-people-quota.js';
import { InvitationsForAddresses1764291000000 } from './migrations/1764291000000-invitations-for-addresses.js';
import { MakersOfProviders1764292000000 } from './migrations/1764292000000-makers-of-providers.js';
import { MakersOfDirectories1764294000000 } from './migrations/1764294000000-makers-of-directories.js';
import { NameSearch1764295000000 } from './migrations/1764295000000-name-search.js';
import { RaisesOfRuns1764296000000 } from './migrations/1764296000000-raises-of-runs.js';
import { Addresses1764100200000 } from './migrations/1764100200000-addresses.js';

/** Every migration of this service, oldest first. */
export const migrations = [
  Identities1764000000000,
  Factors1764000000100,
  Directories1764000000300,
  DeviceStates1764000000400,
  ContactPolicy1764000000500,
  IdentityProviders1764000000505,
  BreakGlass1764000000510,
  Provisioning1764000000600,
  RolesAndBots1764000000700,
  Posture1764000000701,
  Enrolments1764000000710,
  RemoteLock1764000000720,
  Resets1764000000730,
  Notices1764000000731,
  AppPolicy1764000000800,
  DirectoryMarks1764000000900,
  Addresses1764100200000,
  OutageSwitch1764100500000,
  PhonesOfRuns1764100810000,
  PeopleQuota1764290000000,
  InvitationsForAddresses1764291000000,
  MakersOfProviders1764292000000,
  MakersOfDirectories1764294000000,
  NameSearch1764295000000,
  RaisesOfRuns1764296000000,
];

import type { Provider } from '@nestjs/common';
import { HandleScimHandler } from './handle-scim.js';
import { ManageProvisioningHandler } from './manage-provisioning.js';
import { ScimClients } from './scim-client.js';
import { ScimGroups } from './scim-groups.js';
import { ScimList } from './scim-list.js';
import { ScimResources } from './scim-resources.js';
import { ScimUsers } from './scim-users.js';

export const scimProviders: Provider[] = [
  ScimClients,
  ScimResources,
  ScimUsers,
  ScimGroups,
  ScimList,
  ManageProvisioningHandler,
  HandleScimHandler,
];

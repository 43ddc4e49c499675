import { AssignRolesHandler } from './assign-roles.js';
import { CustomRolesHandler } from './custom-roles.js';
import { ReadMyPermissionsHandler } from './read-my-permissions.js';
import { RolesController } from './roles.controller.js';

export const rolesControllers = [RolesController];
export const rolesProviders = [CustomRolesHandler, AssignRolesHandler, ReadMyPermissionsHandler];

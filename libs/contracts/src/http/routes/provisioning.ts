import {
  approveDirectoryRun,
  deleteDirectory,
  listDirectories,
  listDirectoryChanges,
  listDirectoryRuns,
  putDirectory,
  readDirectoryRun,
  startDirectoryRun,
  testDirectory,
  undoDirectoryRun,
} from '../../auth/directories.js';
import { importPeople } from '../../auth/people-import.js';
import {
  createProvisioningClient,
  deleteProvisioningClient,
  listProvisioningClients,
  releaseProvisioningBrake,
  rotateProvisioningSecret,
} from '../../auth/provisioning.js';
import { route } from '../define-route.js';

const directory = '/v1/directories/{directoryId}';
const directoryRun = '/v1/directory-runs/{runId}';

/** Where people come from, if nobody invites them: SCIM, a list, a directory. Auth. */
export const PROVISIONING_ROUTES = {
  listProvisioningClients: route('GET', '/v1/provisioning-clients', 'List SCIM clients', listProvisioningClients),
  createProvisioningClient: route(
    'POST',
    '/v1/provisioning-clients',
    'Make a SCIM client; its secret is shown once',
    createProvisioningClient,
    { status: 201 },
  ),
  rotateProvisioningSecret: route(
    'POST',
    '/v1/provisioning-clients/{clientId}/rotate',
    'Give a SCIM client another secret',
    rotateProvisioningSecret,
  ),
  releaseProvisioningBrake: route(
    'POST',
    '/v1/provisioning-clients/{clientId}/release',
    'Let a SCIM client go on that the brake has stopped',
    releaseProvisioningBrake,
  ),
  deleteProvisioningClient: route(
    'DELETE',
    '/v1/provisioning-clients/{clientId}',
    'Forget a SCIM client; its people stay',
    deleteProvisioningClient,
  ),

  importPeople: route('POST', '/v1/people-imports', 'Make people from a CSV list, line by line', importPeople),

  listDirectories: route('GET', '/v1/directories', 'List directories', listDirectories),
  putDirectory: route('PUT', directory, 'Connect a directory, or change how it is read', putDirectory),
  deleteDirectory: route('DELETE', directory, 'Forget a directory; its people stay', deleteDirectory),
  testDirectory: route('POST', `${directory}/test`, 'Try a directory and say what is wrong', testDirectory),
  startDirectoryRun: route('POST', `${directory}/runs`, 'Read it and plan; apply unless it is dry', startDirectoryRun, {
    status: 201,
  }),
  listDirectoryRuns: route('GET', `${directory}/runs`, 'List its last runs', listDirectoryRuns),
  readDirectoryRun: route('GET', directoryRun, 'How far a run is', readDirectoryRun),
  listDirectoryChanges: route('GET', `${directoryRun}/changes`, 'What it changes', listDirectoryChanges),
  approveDirectoryRun: route(
    'POST',
    `${directoryRun}/approve`,
    'Let a stopped or planned run go on',
    approveDirectoryRun,
  ),
  undoDirectoryRun: route('POST', `${directoryRun}/undo`, 'Take back what a run did', undoDirectoryRun),
} as const;

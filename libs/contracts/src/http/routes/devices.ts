import {
  cancelWipe,
  confirmWipe,
  fetchWipeOrder,
  listOrganizationDevices,
  listWipes,
  orderWipe,
  setDeviceState,
} from '../../auth/devices.js';
import { createEnrolment, enrolDevice, listEnrolments, revokeEnrolment } from '../../auth/enrolments.js';
import { deletePostureSource, listPostureSources, putPostureSource } from '../../auth/posture.js';
import {
  activateRemoteLock,
  deactivateRemoteLock,
  fetchRemoteSecret,
  lockDevice,
  unlockDevice,
} from '../../auth/remote-lock.js';
import { route } from '../define-route.js';

const deviceOf = '/v1/users/{userId}/devices/{deviceId}';

/** Devices as administrators see them, and what a device does before it has a session: auth. */
export const DEVICE_ROUTES = {
  listOrganizationDevices: route(
    'GET',
    '/v1/organization/devices',
    'List devices of everybody',
    listOrganizationDevices,
  ),
  setDeviceState: route('PUT', `${deviceOf}/state`, 'Let a device in, suspend it or put it out', setDeviceState),
  orderWipe: route('POST', `${deviceOf}/wipe`, 'Order that its data goes', orderWipe, { status: 201 }),
  cancelWipe: route('DELETE', `${deviceOf}/wipe`, 'Take the order back', cancelWipe),
  listWipes: route('GET', '/v1/wipes', 'List orders to wipe', listWipes),
  fetchWipeOrder: route('POST', '/v1/wipes/fetch', 'For a device: fetch its order to wipe', fetchWipeOrder),
  confirmWipe: route('POST', '/v1/wipes/confirm', 'For a device: say that it is done', confirmWipe),

  activateRemoteLock: route('PUT', '/v1/remote-lock', 'Get a remote secret for this device', activateRemoteLock),
  deactivateRemoteLock: route('DELETE', '/v1/remote-lock', 'Give the remote secret up', deactivateRemoteLock),
  fetchRemoteSecret: route('POST', '/v1/remote-lock/fetch', 'For an app that starts: its secret', fetchRemoteSecret),
  lockDevice: route('PUT', `${deviceOf}/lock`, 'Lock a device, reachable or not', lockDevice),
  unlockDevice: route('DELETE', `${deviceOf}/lock`, 'Unlock a device', unlockDevice),

  createEnrolment: route('POST', '/v1/enrolments', 'Make a token that lets one device in', createEnrolment, {
    status: 201,
  }),
  listEnrolments: route('GET', '/v1/enrolments', 'List such tokens', listEnrolments),
  revokeEnrolment: route('DELETE', '/v1/enrolments/{enrolmentId}', 'Withdraw such a token', revokeEnrolment),
  enrolDevice: route('POST', '/v1/enrolments/redeem', 'For a device: come in with its token', enrolDevice, {
    limit: 'login',
    status: 201,
  }),

  listPostureSources: route('GET', '/v1/posture-sources', 'Who says whether devices are in order', listPostureSources),
  putPostureSource: route('PUT', '/v1/posture-sources/{sourceId}', 'Connect device management', putPostureSource),
  deletePostureSource: route(
    'DELETE',
    '/v1/posture-sources/{sourceId}',
    'Forget device management',
    deletePostureSource,
  ),
} as const;

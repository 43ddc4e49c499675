import { listDrills, readDrill, startDrill } from '../../alerting/drills.js';
import {
  listOutages,
  putCrisisPlan,
  readCrisisPlan,
  readCrisisRooms,
  readOutageReport,
} from '../../alerting/outages.js';
import { raiseProbe } from '../../alerting/probes.js';
import {
  deleteProbe,
  listProbeResults,
  putProbe,
  putWatchSettings,
  readWatch,
  tryProbe,
} from '../../alerting/watch.js';
import { route } from '../define-route.js';

/** What shows an outage, what is planned for it, and how it is practised: alerting. */
export const WATCH_ROUTES = {
  readWatch: route('GET', '/v1/watch', 'What the watch on the first channel sees and concludes', readWatch),
  putWatchSettings: route('PUT', '/v1/watch/settings', 'Say when it is an outage', putWatchSettings),
  putProbe: route('PUT', '/v1/watch/probes/{probeId}', 'Say what is looked at', putProbe),
  deleteProbe: route('DELETE', '/v1/watch/probes/{probeId}', 'Look at it no more', deleteProbe),
  tryProbe: route('POST', '/v1/watch/probes/{probeId}/try', 'Look now, once', tryProbe),
  listProbeResults: route('GET', '/v1/watch/probes/{probeId}/results', 'What was seen last', listProbeResults),
  readCrisisPlan: route('GET', '/v1/crisis-plan', 'What happens in an outage', readCrisisPlan),
  putCrisisPlan: route('PUT', '/v1/crisis-plan', 'Say what happens in an outage', putCrisisPlan),
  readCrisisRooms: route('GET', '/v1/crisis-plan/rooms', 'Where the conversations of the crisis are', readCrisisRooms),
  listOutages: route('GET', '/v1/outages', 'Outages there were', listOutages),
  readOutageReport: route('GET', '/v1/outages/{outageId}/report', 'What happened in an outage', readOutageReport),
  startDrill: route('PUT', '/v1/alarm-drills/{drillId}', 'Begin a silent drill; safe to repeat', startDrill),
  listDrills: route('GET', '/v1/alarm-drills', 'Drills, the newest first', listDrills),
  readDrill: route('GET', '/v1/alarm-drills/{drillId}', 'A drill with its report', readDrill),
  raiseProbe: route('PUT', '/v1/alarm-probes/{alarmId}', 'Raise a silent test alarm to myself', raiseProbe),
} as const;

import type { Provider } from '@nestjs/common';
import { AdmitSource } from './admit-source.js';
import { CheckSettings } from './check-settings.js';
import { DeliveryLog } from './delivery-log.js';
import { GroupWindow } from './group-window.js';
import { Heartbeats } from './heartbeats.js';
import { LookIntoSourceHandler } from './look-into-source.js';
import { ManageSourcesHandler } from './manage-sources.js';
import { MapWebhook } from './map-webhook.js';
import { MappingSandbox } from './mapping/mapping-sandbox.js';
import { RaiseFromSource } from './raise-from-source.js';
import { ReceiveAlertmanagerHandler } from './receive-alertmanager.js';
import { ReceiveWebhookHandler } from './receive-webhook.js';
import { Schedules } from './schedules.js';
import { SourceSettings } from './source-settings.js';
import { TakeIncident } from './take-incident.js';

export const sourcesProviders: Provider[] = [
  SourceSettings,
  MappingSandbox,
  MapWebhook,
  CheckSettings,
  ManageSourcesHandler,
  LookIntoSourceHandler,
  DeliveryLog,
  RaiseFromSource,
  TakeIncident,
  GroupWindow,
  AdmitSource,
  ReceiveAlertmanagerHandler,
  ReceiveWebhookHandler,
  Heartbeats,
  Schedules,
];

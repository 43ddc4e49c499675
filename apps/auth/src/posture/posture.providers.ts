import type { Provider } from '@nestjs/common';
import { ApplyPosture } from './apply-posture.js';
import { EndSessions } from './end-sessions.js';
import { ManagePostureSourcesHandler } from './manage-posture-sources.js';
import { PostureSecrets } from './posture-settings.js';
import { ReceivePostureReportHandler } from './receive-posture-report.js';
import { ReceiveSecurityEventHandler } from './receive-security-event.js';
import { TransmitterKeys } from './transmitter-keys.js';

export const postureProviders: Provider[] = [
  PostureSecrets,
  TransmitterKeys,
  ApplyPosture,
  EndSessions,
  ManagePostureSourcesHandler,
  ReceiveSecurityEventHandler,
  ReceivePostureReportHandler,
];

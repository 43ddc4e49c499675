import type { Provider } from '@nestjs/common';
import { AppPolicyLayersHandler } from './app-policy-layers.js';
import { AppPolicyReportsHandler } from './app-policy-reports.js';
import { ExportAppPolicyHandler } from './export-app-policy.js';
import { ReadAppPolicyHandler } from './read-app-policy.js';

export const appPolicy: Provider[] = [
  ReadAppPolicyHandler,
  AppPolicyLayersHandler,
  AppPolicyReportsHandler,
  ExportAppPolicyHandler,
];

import type { Provider } from '@nestjs/common';
import { BreakGlassLoginHandler } from './break-glass-login.js';
import { ManageBreakGlassHandler } from './manage-break-glass.js';
import { OutageKeysHandler } from './outage-keys.js';
import { OutageModeHandler } from './outage-mode.js';
import { OutageSwitch } from './outage-switch.js';
import { SignedSwitchHandler } from './signed-switch.js';
import { SourcesAway } from './sources-away.js';

export const breakGlass: Provider[] = [
  OutageSwitch,
  OutageModeHandler,
  OutageKeysHandler,
  SignedSwitchHandler,
  SourcesAway,
  ManageBreakGlassHandler,
  BreakGlassLoginHandler,
];

import type { Provider } from '@nestjs/common';
import { CompletePasswordResetHandler } from './complete-password-reset.js';
import { FactorResetsHandler } from './factor-resets.js';
import { StartPasswordResetHandler } from './start-password-reset.js';

export const resetsProviders: Provider[] = [
  StartPasswordResetHandler,
  CompletePasswordResetHandler,
  FactorResetsHandler,
];

import type { Provider } from '@nestjs/common';
import { BeginLoginHandler } from '../admission/begin-login.js';
import { Demands } from '../admission/demands.js';
import { FinishLoginHandler } from '../admission/finish-login.js';
import { Freshness } from '../admission/fresh.js';
import { LoginAttempts } from '../admission/login-attempts.postgres.js';
import { ShownFactors } from '../admission/shown-factors.js';
import { AuthenticationPoliciesHandler } from '../authentication-policy/authentication-policies.js';
import { FactorEnrolment } from './factor-enrolment.js';
import { MyFactorsHandler } from './my-factors.js';
import { PasskeyFactorsHandler } from './passkey-factors.js';
import { Passkeys } from './passkeys.js';
import { TotpFactorsHandler } from './totp-factors.js';

export const factors: Provider[] = [
  Freshness,
  LoginAttempts,
  Passkeys,
  Demands,
  ShownFactors,
  BeginLoginHandler,
  FinishLoginHandler,
  FactorEnrolment,
  MyFactorsHandler,
  TotpFactorsHandler,
  PasskeyFactorsHandler,
  AuthenticationPoliciesHandler,
];

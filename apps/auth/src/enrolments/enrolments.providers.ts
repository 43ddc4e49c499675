import type { Provider } from '@nestjs/common';
import { EnrolDeviceHandler } from './enrol-device.js';
import { EnrolmentTokens } from './enrolment-token.js';
import { ManageEnrolmentsHandler } from './manage-enrolments.js';

export const enrolmentsProviders: Provider[] = [EnrolmentTokens, ManageEnrolmentsHandler, EnrolDeviceHandler];

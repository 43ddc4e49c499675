import type { Provider } from '@nestjs/common';
import { RegistrationEntriesHandler } from './registration-entries.js';

export const registrationPolicy: Provider[] = [RegistrationEntriesHandler];

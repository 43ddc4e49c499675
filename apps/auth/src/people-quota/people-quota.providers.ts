import type { Provider } from '@nestjs/common';
import { PeopleQuotasHandler } from './people-quotas.js';

export const peopleQuota: Provider[] = [PeopleQuotasHandler];

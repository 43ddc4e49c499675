import type { Provider } from '@nestjs/common';
import { ImportPeopleHandler } from './import-people.js';

export const peopleImportProviders: Provider[] = [ImportPeopleHandler];

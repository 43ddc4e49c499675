import type { Provider } from '@nestjs/common';
import { CheckContactsHandler } from './check-contacts.js';
import { ClassifyContactsHandler } from './classify-contacts.js';
import { ContactPoliciesHandler } from './contact-policies.js';
import { ExplainContactHandler } from './explain-contact.js';

export const contactPolicy: Provider[] = [
  ContactPoliciesHandler,
  CheckContactsHandler,
  ClassifyContactsHandler,
  ExplainContactHandler,
];

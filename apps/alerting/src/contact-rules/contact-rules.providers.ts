import type { Provider } from '@nestjs/common';
import { ContactRulesHandler } from './contact-rules.js';
import { Reach } from './reach.js';

export const contactRules: Provider[] = [ContactRulesHandler, Reach];

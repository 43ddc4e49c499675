import { runAlone } from '@relais/observability';
import { service } from './service.js';

await runAlone(service);

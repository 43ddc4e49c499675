import type { Service } from '@relais/observability';
import { config } from './config.js';
import { startOperator } from './start-operator.js';

export const service: Service = {
  name: 'operator',
  configure: (env) => {
    const settings = config(env);
    return { settings, start: (inside) => startOperator(settings, inside) };
  },
};

import type { Service } from '@relais/observability';
import { config } from './config.js';
import { apiDescription } from './http/api-description.js';
import { startGateway } from './start-gateway.js';

export const service: Service = {
  name: 'gateway',
  pages: apiDescription,
  configure: (env) => {
    const settings = config(env);
    return { settings, start: async (inside) => void (await startGateway(settings, inside)) };
  },
};

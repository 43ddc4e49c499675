import { isBacking, stopServers } from '../servers/servers.js';
import type { Stack } from '../stack.js';

/** Ends all processes of a stack: the edge first, so that it can let go in good order, then the services, then the servers. */
export async function stopStack(stack: Stack): Promise<void> {
  const services = stack.processes.map(({ name }) => name).filter((name) => !isBacking(name));
  const isEdge = (name: string) => name.startsWith('gateway-');
  for (const tier of [services.filter(isEdge), services.filter((name) => !isEdge(name))])
    await Promise.all(tier.map((name) => stack.stop(name)));
  await stopServers(stack);
}

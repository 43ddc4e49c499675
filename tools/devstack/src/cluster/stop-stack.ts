import { isBacking, stopServers } from '../servers/servers.js';
import type { Stack } from '../stack.js';

/** Ends all processes of a stack: services first, all at once, then what they stand on. */
export async function stopStack(stack: Stack): Promise<void> {
  const services = stack.processes.map(({ name }) => name).filter((name) => !isBacking(name));
  await Promise.all(services.map((name) => stack.stop(name)));
  await stopServers(stack);
}

// Jest's globalTeardown.
export default async function stopContainers() {
  for (const container of globalThis.relaisContainers ?? []) await container.stop();
}

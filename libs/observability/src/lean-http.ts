/**
 * Keeps Node's own HTTP client (undici: up to 12 MiB of memory) out of a process until something calls `fetch`. Whoever imports
 * `node:http` as an ES module has all of its exports read, and three of them load that client; none of ours is theirs.
 *
 * To be imported before anything that imports `node:http`: in a main.ts, which imports the rest after it, with `import()`,
 * because what a module imports itself is loaded before any of it runs.
 */
const http: object = process.getBuiltinModule('node:http');

for (const name of ['WebSocket', 'CloseEvent', 'MessageEvent'])
  Object.defineProperty(http, name, { value: undefined, configurable: true });

import type { Entry } from '@relais/contracts';
import { type ConversationId, type EntryId, newId } from '@relais/kernel';
import type { ConnectionOptions, StateChange } from '../realtime/connection-options.js';
import { RelaisConnection } from '../realtime/connection.js';
import { fixedToken } from '../session/access-tokens.js';
import { DeviceKey } from '../session/device-key.js';
import { ScriptedGateway } from './scripted-gateway.js';

export const room = newId<ConversationId>();
export const saying = (text: string, id = newId<EntryId>()) => ({ id, kind: 'message' as const, body: { text } });
export const seqs = (entries: Entry[]): number[] => entries.map(({ seq }) => seq);
export const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** Two scripted gateways with one journal, and connections to them; anew for each test of the file that calls this. */
export function twoGateways() {
  let gateways: ScriptedGateway[] = [];
  let connections: RelaisConnection[] = [];

  beforeEach(async () => {
    gateways = await ScriptedGateway.start(2);
    connections = [];
  });

  afterEach(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    expect(gateways.flatMap(({ broken }) => broken)).toEqual([]);
  });

  const connect = (options: Partial<ConnectionOptions> = {}) => {
    const connection = new RelaisConnection({
      gateways: gateways.map(({ url }) => url),
      tokens: fixedToken('a token', DeviceKey.generate()),
      backoff: { baseMs: 20, capMs: 50, random: () => 0.5 },
      gapWaitMs: 10,
      markIntervalMs: 20,
      ...options,
    });
    connections.push(connection);
    const entries: Entry[] = [];
    const states: StateChange[] = [];
    connection.on('entry', (entry) => entries.push(entry));
    connection.on('state', (change) => states.push(change));
    connection.connect();
    return { connection, entries, states };
  };

  return {
    connect,
    first: () => gateways[0] as ScriptedGateway,
    second: () => gateways[1] as ScriptedGateway,
    both: () => gateways,
  };
}

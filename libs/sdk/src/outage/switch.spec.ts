import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@relais/kernel';
import { DeviceKey } from '../session/device-key.js';
import type { OutageKeyFile } from './key-file.js';
import { switchByKey } from './switch.js';

interface Asked {
  iat: number;
  on: boolean;
}

describe('switching outage mode by a key', () => {
  let server: Server;
  let file: OutageKeyFile;
  let asked: Asked[];
  /** When the last command that was taken was signed, s. */
  let last: number;

  beforeEach(async () => {
    [asked, last] = [[], 0];
    // As auth does it: a command counts when it was signed in a later second than the last one.
    server = createServer((request, response) => {
      if (request.method === 'HEAD') return void response.end();
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { command } = JSON.parse(Buffer.concat(parts).toString()) as { command: string };
        const said = JSON.parse(Buffer.from(command.split('.')[1] ?? '', 'base64url').toString()) as Asked;
        asked.push(said);
        const isTaken = said.iat > last;
        if (isTaken) last = said.iat;
        response.statusCode = isTaken ? 200 : 403;
        response.setHeader('content-type', isTaken ? 'application/json' : 'application/problem+json');
        response.end(
          JSON.stringify(
            isTaken
              ? { on: said.on, changedAt: new Date().toISOString() }
              : { status: 403, code: 'outage_switch_refused', retryable: false },
          ),
        );
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const gateways = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`];
    file = { gateways, organization: 'acme', keyId: newId<never>(), key: DeviceKey.generate() };
  });
  afterEach(() => new Promise((closed) => server.close(closed).closeAllConnections()));

  it('works again at once, in the second in which it was switched last and after one that was signed ahead', async () => {
    await switchByKey(file, { on: true, reason: 'Fire' });
    last = Math.floor(Date.now() / 1_000) + 1;

    expect(await switchByKey(file, { on: false, reason: 'Put out' })).toMatchObject({ on: false });
    expect(asked.at(-1)).toMatchObject({ on: false, iat: last });
  });

  it('gives up a key that is never taken after five commands', async () => {
    last = Number.MAX_SAFE_INTEGER;

    await expect(switchByKey(file, { on: true, reason: 'Fire' })).rejects.toMatchObject({
      code: 'outage_switch_refused',
    });
    expect(asked).toHaveLength(5);
  });
});

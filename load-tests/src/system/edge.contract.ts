import { readKeys } from '@relais/contracts';
import { edgeHttpContract } from './edge-http.contract.js';
import { edgeRawHttpContract } from './edge-raw-http.contract.js';
import { edgeSocketsContract } from './edge-sockets.contract.js';
import { credentials, helloOf } from './credentials.js';
import { forgeries } from './forged-tokens.js';
import { RawClient } from './raw-client.js';
import type { Running } from './system.js';
import { adminNats } from '../checker/event-scan.js';
import { seeded } from '../world/random.js';
import { Workload } from '../world/workload.js';

/** What each of them gets, and that two others who talk all the while over both gateways do not notice. */
export function edgeContract(running: Running): void {
  let others: Workload;

  beforeAll(async () => {
    const { acme, gateways } = running();
    const pair = await acme.people(2);
    others = await Workload.start(
      pair.map(({ session }) => session),
      gateways,
      seeded(1),
    );
    others.run(10);
  }, 30_000);

  afterAll(() => others?.close(), 30_000);

  edgeHttpContract(running);
  edgeRawHttpContract(running);
  edgeSocketsContract(running);

  it('forged tokens are refused over HTTP and over sockets (A-46)', async () => {
    const { acme, cluster, gateways } = running();
    const { session } = await acme.join();
    const { accessToken } = session.tokens;
    const nats = await adminNats(cluster);
    const reply = await nats.request(readKeys.subject, JSON.stringify({}), { timeout: 5_000 });
    await nats.close();
    const [, publicKey = ''] = /"x":"([^"]+)"/.exec(reply.string()) ?? [];
    expect(publicKey).toHaveLength(43);

    for (const [name, token] of Object.entries(forgeries(accessToken, publicKey))) {
      const answer = await fetch(`${gateways[0]}/v1/me`, {
        headers: { ...credentials(session, 'GET', `${gateways[0]}/v1/me`), authorization: `DPoP ${token}` },
      });
      expect([name, answer.status, await answer.json()]).toMatchObject([name, 401, { code: 'token_invalid' }]);
      const client = await RawClient.open(gateways[1] as string);
      client.send({ ...helloOf(session, gateways[1] as string), token });
      expect([name, await client.closed]).toMatchObject([name, { code: 4503, reason: { code: 'unauthenticated' } }]);
    }
  });

  it('nobody else notices: two who talk meanwhile lose nothing and are never put out', async () => {
    others.stopWriting();

    expect(await others.settle(15_000)).toBeDefined();

    const sent = others.clients.flatMap((client) => client.sent);
    expect(sent.length).toBeGreaterThan(50);
    expect(sent.filter(({ outcome }) => outcome.kind !== 'ok')).toEqual([]);
    const [id] = others.conversations.map((conversation) => conversation.id);
    const [hers, his] = others.clients.map(({ applied }) => applied.get(id as never));
    expect(hers).toEqual(his);
    expect(new Set(hers?.map(({ text }) => text))).toEqual(new Set(['(membership)', ...sent.map(({ text }) => text)]));
    expect(others.clients.map(({ connection }) => connection.counters.reconnects)).toEqual([0, 0]);
  }, 20_000);
}

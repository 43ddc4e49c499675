// Alice writes ten lines to bob, one a second, while you kill a gateway: docs/guides/first-client.md explains each step.
// Run from the root of the checkout after `npm run up`: npx node examples/first-client.mjs [lines]
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { DeviceKey, RelaisApi, RelaisConnection, RelaisSession } from '@relais/sdk';

const lines = Number(process.argv[2] ?? 10);
const { gateways, organization, people } = JSON.parse(readFileSync('.devstack/default/people.json', 'utf8'));

/** Signs a person in on a new device. A real client keeps the device's id and key, and signs in once. */
async function signIn({ email, password }, addresses) {
  const device = { id: newId(), name: 'first-client', platform: 'desktop' };
  const api = new RelaisApi({ gateways: addresses });
  return RelaisSession.login(api, { organization, email, password }, device, DeviceKey.generate());
}

/** A connection that tells what happens to it. `history: 'none'` starts at the end of each log. */
function connect(name, session) {
  const options = { gateways: session.api.gateways, tokens: session, history: 'none', backoff: { capMs: 2_000 } };
  const connection = new RelaisConnection(options);
  connection.on('state', ({ state, gateway, end }) => console.log(`${name}: ${state} ${gateway} ${end?.code ?? ''}`));
  return connection.connect();
}

// The two begin at different gateways, so what alice writes has to cross from one to the other.
const alice = await signIn(people[0], gateways);
const bob = await signIn(people[1], gateways.toReversed());

// One direct conversation per pair: making it again finds it.
const conversation = await alice.call(
  ROUTES.createConversation,
  { id: newId(), kind: 'direct', memberIds: [bob.tokens.userId] },
  { retry: true },
);

const [alicesConnection, bobsConnection] = [connect('alice', alice), connect('bob', bob)];
const received = [];
bobsConnection.on('entry', (entry) => {
  if (entry.conversationId !== conversation.id) return;
  received.push(entry.seq);
  bobsConnection.markRead(entry.conversationId, entry.seq);
  console.log(`bob:   ${entry.seq} ${entry.body.text}`);
});
await Promise.all([alicesConnection.whenOnline(), bobsConnection.whenOnline()]);

// The entry's id is chosen here, so it can be sent again by whoever does not know whether it arrived.
const first = { id: newId(), kind: 'message', body: { text: 'once' } };
const receipt = await alicesConnection.append(conversation.id, first);
const again = await alice.call(ROUTES.append, { conversationId: conversation.id, ...first });
console.log(
  `alice: ${receipt.seq} replayed ${receipt.replayed}, sent again over HTTP: ${again.seq} replayed ${again.replayed}`,
);

const writing = [];
for (let line = 1; line <= lines; line++) {
  await pause(1_000);
  const draft = { kind: 'message', body: { text: `line ${line} of ${lines}` } };
  writing.push(alicesConnection.append(conversation.id, draft));
}
const receipts = [receipt, ...(await Promise.all(writing))];

// Committed means committed: what was acknowledged reaches bob, each once and in order.
const wanted = receipts.map(({ seq }) => seq).sort((a, b) => a - b);
const deadline = Date.now() + 20_000;
while (received.length < wanted.length && Date.now() < deadline) await pause(100);
const isExact = JSON.stringify(received) === JSON.stringify(wanted);
console.log(`${receipts.length} acknowledged, ${received.length} received, each once and in order: ${isExact}`);

await Promise.all([alicesConnection.close(), bobsConnection.close()]);
// A session whose gateway is away cannot be told; it idles out by itself.
await Promise.allSettled([alice.logout(), bob.logout()]);
process.exitCode = isExact ? 0 : 1;

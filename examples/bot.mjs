// A bot: makes its key, and comes in with it. Run from the root of the checkout after `npm run up`:
//   npx node examples/bot.mjs KEY_FILE                      makes a key, and prints its public half for createBot or addBotKey
//   npx node examples/bot.mjs KEY_FILE CLIENT_ID KEY_ID     says who it is and whom it sees
import { readFileSync, writeFileSync } from 'node:fs';
import { ROUTES } from '@relais/contracts';
import { BotSession, DeviceKey, RelaisApi } from '@relais/sdk';

const [file, clientId, keyId] = process.argv.slice(2);

if (!clientId) {
  const key = DeviceKey.generate();
  writeFileSync(file, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
  console.log(JSON.stringify(key.publicKey));
} else {
  const { gateways } = JSON.parse(readFileSync(process.env.PEOPLE ?? '.devstack/default/people.json', 'utf8'));
  const key = JSON.parse(readFileSync(file, 'utf8'));
  const session = new BotSession(new RelaisApi({ gateways, timeoutMs: 20_000 }), { gateways, clientId, keyId, key });
  const { displayName } = await session.call(ROUTES.me, {});
  const { items } = await session.call(ROUTES.listUsers, { limit: 200 });
  console.log(`${displayName} sees ${items.length} people: ${items.map((one) => one.displayName).join(', ')}`);
  session.close();
}

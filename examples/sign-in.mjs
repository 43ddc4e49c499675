// Signs in as a client app would: with an identity provider, in the person's browser, or by break-glass. Keeps its device in a
// file, because a credential is bound to it. Run from the root of the checkout after `npm run up`:
//   npx node examples/sign-in.mjs                  with the first provider of the organization
//   npx node examples/sign-in.mjs break-glass SECRET
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { DeviceKey, RelaisApi } from '@relais/sdk';

const {
  PEOPLE = '.devstack/default/people.json',
  DEVICE = '.devstack/sign-in-device.json',
  PORT = '3892',
} = process.env;
const { gateways, organization } = JSON.parse(readFileSync(PEOPLE, 'utf8'));
const api = new RelaisApi({ gateways, timeoutMs: 20_000 });

function openDevice() {
  if (!existsSync(DEVICE))
    writeFileSync(DEVICE, JSON.stringify({ id: newId(), key: DeviceKey.generate() }), { mode: 0o600 });
  const { id, key } = JSON.parse(readFileSync(DEVICE, 'utf8'));
  return { id, key: DeviceKey.fromJSON(key) };
}
const { id, key } = openDevice();

/** Where the browser was sent back to. An app has a link of its own instead of a server (RFC 8252). */
const comeBack = (redirectUri) =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      response.end('You may close this window.');
      server.close();
      server.closeIdleConnections();
      resolve(new URL(request.url, redirectUri).href);
    }).listen(Number(PORT), '127.0.0.1');
  });

async function withProvider() {
  const { identityProviders } = await api.call(ROUTES.listLoginMethods, { organization });
  const [provider] = identityProviders;
  if (!provider) throw new Error('the organization has no identity provider');
  const redirectUri = `http://127.0.0.1:${PORT}/back`;
  const device = { id, name: 'sign-in', platform: 'desktop', publicKey: key.publicKey };
  const begun = await api.call(ROUTES.beginOidcLogin, { organization, providerId: provider.id, redirectUri, device });
  console.log(`open in a browser, to sign in with ${provider.name}:\n\n  ${begun.authorizationUrl}\n`);
  const callbackUrl = await comeBack(redirectUri);
  return api.call(ROUTES.finishOidcLogin, { loginToken: begun.loginToken, callbackUrl });
}

/** The device's word over the secret, good once. */
function proofOf(secret) {
  const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const sec = createHash('sha256').update(secret).digest('base64url');
  const said = { dev: id, sec, iat: Math.floor(Date.now() / 1_000) };
  const signed = `${encoded({ alg: 'EdDSA', typ: 'relais-break-glass+jwt' })}.${encoded(said)}`;
  const privateKey = createPrivateKey({ key: key.toJSON(), format: 'jwk' });
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

const withBreakGlass = (secret) =>
  api.call(ROUTES.breakGlassLogin, { organization, deviceId: id, secret, proof: proofOf(secret) });

const [way, secret] = process.argv.slice(2);
try {
  const tokens = await (way === 'break-glass' ? withBreakGlass(secret ?? '') : withProvider());
  const me = await api.call(ROUTES.me, {}, { token: tokens.accessToken, key });
  console.log(JSON.stringify({ displayName: me.displayName, userId: tokens.userId, deviceId: id }, null, 2));
} catch (error) {
  console.error(`sign-in: ${error.code ?? error.message}`);
  process.exitCode = 1;
}

// A passkey, made and used in a browser, as a web client does it. Run from the root of the checkout after `npm run up`:
//   npx node examples/passkey.mjs
// and open http://localhost:3893. Whoever signs in there with a password gets a passkey; after that it is all it takes.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { DeviceKey, RelaisApi, RelaisSession } from '@relais/sdk';

const { PEOPLE = '.devstack/default/people.json', PORT = '3893' } = process.env;
const ORIGIN = `http://localhost:${PORT}`;
const { gateways, organization } = JSON.parse(readFileSync(PEOPLE, 'utf8'));
const api = new RelaisApi({ gateways, timeoutMs: 20_000 });
const key = DeviceKey.generate();
const device = { id: newId(), name: 'passkey', platform: 'web' };
let session;

/** What the page asks for, in the order in which it asks. */
const steps = {
  async begin({ email, password }) {
    session = await RelaisSession.login(api, { organization, email, password }, device, key);
    return session.call(ROUTES.beginPasskey, {});
  },
  confirm: ({ registrationToken, attestation }) =>
    session.call(ROUTES.confirmPasskey, { registrationToken, name: 'This browser', attestation }),
  // Without a name: the authenticator knows who has a passkey here.
  beginLogin: () =>
    api.call(ROUTES.beginPasskeyLogin, { organization, device: { ...device, publicKey: key.publicKey } }),
  async finishLogin({ loginToken, assertion }) {
    session = await RelaisSession.finishLogin(api, { loginToken, shown: { kind: 'passkey', assertion } }, key);
    return session.call(ROUTES.me, {});
  },
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>Relais: passkeys</title>
<form id="make"><input name="email" type="email" placeholder="address" required>
<input name="password" type="password" placeholder="password" required><button>Make a passkey</button></form>
<p><button id="use">Sign in with a passkey</button></p><pre id="said"></pre>
<script type="module">
const said = document.getElementById('said');
const ask = async (step, body = {}) => {
  const answer = await fetch('/' + step, { method: 'POST', body: JSON.stringify(body) });
  const read = await answer.json();
  if (!answer.ok) throw new Error(read.code);
  return read;
};
const tell = (work) => work().then((text) => (said.textContent = text), (error) => (said.textContent = error.message));
document.getElementById('make').onsubmit = (event) => {
  event.preventDefault();
  tell(async () => {
    const { registrationToken, options } = await ask('begin', Object.fromEntries(new FormData(event.target)));
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const attestation = (await navigator.credentials.create({ publicKey })).toJSON();
    return 'made: ' + JSON.stringify(await ask('confirm', { registrationToken, attestation }), null, 2);
  });
};
document.getElementById('use').onclick = () =>
  tell(async () => {
    const { loginToken, passkeyOptions } = await ask('beginLogin');
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(passkeyOptions);
    const assertion = (await navigator.credentials.get({ publicKey })).toJSON();
    return 'signed in: ' + JSON.stringify(await ask('finishLogin', { loginToken, assertion }), null, 2);
  });
</script>`;

createServer(async (request, response) => {
  if (request.method === 'GET') return response.setHeader('content-type', 'text/html').end(PAGE);
  const step = steps[request.url.slice(1)];
  // Another page may not use this one.
  if (!step || request.headers.origin !== ORIGIN) return response.writeHead(404).end('{"code":"not_found"}');
  try {
    response.end(JSON.stringify(await step(await json(request))));
  } catch (error) {
    response.writeHead(400).end(JSON.stringify({ code: error.code ?? error.message }));
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`passkey: open ${ORIGIN}`));

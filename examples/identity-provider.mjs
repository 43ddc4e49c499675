// A provider to sign in with: a certified OpenID Connect server (oidc-provider) on loopback. Any password is right. Ends with
// Ctrl-C; keeps nothing. The tests start it as a process of its own and change its people by messages.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const PORT = Number(process.argv[2] ?? 3891);
const REDIRECT_URI = process.argv[3] ?? 'http://127.0.0.1:3892/back';
const CLIENT = { client_id: 'relais', client_secret: 'a secret of the client' };
const issuer = `http://127.0.0.1:${PORT}`;

/** Claims of each person, by the name they sign in with. */
let people = {
  ada: { email: 'ada@brigade.example', email_verified: true, name: 'Ada Able', groups: ['crew', 'chiefs'] },
  ben: { email: 'ben@brigade.example', email_verified: true, name: 'Ben Baker', groups: ['crew'] },
};
/** How people have signed in, as the ID token says it: `amr`, `acr`. */
let shown = { amr: ['pwd'] };

const provider = new Provider(issuer, {
  clients: [
    { ...CLIENT, redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code'], response_types: ['code'] },
  ],
  claims: {
    ...{ openid: ['sub', 'acr', 'amr'], auth_time: null },
    ...{ email: ['email', 'email_verified'], profile: ['name', 'groups'] },
  },
  acrValues: ['loa2'],
  findAccount: (_, sub) => (people[sub] ? { accountId: sub, claims: () => ({ sub, ...people[sub] }) } : undefined),
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/sign-in/${uid}` },
  cookies: { keys: ['not a secret: it lives as long as this process'] },
  ttl: { AuthorizationCode: 60, Grant: 3_600, IdToken: 600, Interaction: 600, Session: 3_600, AccessToken: 600 },
});
provider.on('server_error', (_, error) => console.error('identity-provider:', error));

const page = (prompt) =>
  prompt === 'login'
    ? '<form method="post"><input name="login" placeholder="name" autofocus><input name="password" type="password"><button>Sign in</button></form>'
    : '<form method="post"><p>Relais wants to know who you are.</p><button autofocus>Allow</button></form>';

async function read(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
}

/** The person's consent to everything that was asked for. */
async function consent({ params, session, prompt }) {
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  if (prompt.details.missingOIDCClaims) grant.addOIDCClaims(prompt.details.missingOIDCClaims);
  return { consent: { grantId: await grant.save() } };
}

async function signIn(request, response) {
  const interaction = await provider.interactionDetails(request, response);
  const isLogin = interaction.prompt.name === 'login';
  if (request.method !== 'POST')
    return response.setHeader('content-type', 'text/html').end(page(interaction.prompt.name));
  const accountId = (await read(request)).get('login');
  if (isLogin && !people[accountId]) return response.writeHead(403).end('There is nobody of this name.');
  const result = isLogin ? { login: { accountId, ...shown } } : await consent(interaction);
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

process.on('message', (message) => {
  people = message.people ?? people;
  shown = message.shown ?? shown;
  process.send?.({ done: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(signal, () => process.exit(0));

const serve = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/sign-in/')) return serve(request, response);
  return signIn(request, response).catch((error) => response.writeHead(400).end(String(error)));
}).listen(PORT, '127.0.0.1', () => {
  console.log(`identity-provider: ${Object.keys(people).join(' and ')} at ${issuer}`);
  console.log(
    `identity-provider: client "${CLIENT.client_id}", secret "${CLIENT.client_secret}", sends back to ${REDIRECT_URI}`,
  );
  process.send?.({ ready: true });
});

/** What must be true of a gateway for anybody to come in: one sentence each. */
export interface Finding {
  what: string;
  isTrue: boolean;
}

const TIMEOUT_MS = 10_000;

/** Goes through a gateway from outside, without an account: HTTP, the way to auth and its database, and the socket. */
export async function checkGateway(url: string): Promise<Finding[]> {
  return [
    { what: 'answers over HTTP', isTrue: (await statusOf(`${url}/v1/me`)) === 401 },
    { what: 'reaches auth, and auth its database', isTrue: await readsLoginMethods(url) },
    { what: 'opens sockets, and closes one that does not speak the protocol', isTrue: await closesNonsense(url) },
  ];
}

const statusOf = async (url: string): Promise<number> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.body?.cancel();
  return response.status;
};

/** How one may sign in is in the database of auth; an organization that is not there looks like one that offers a password. */
const readsLoginMethods = async (url: string): Promise<boolean> =>
  (await statusOf(`${url}/v1/login-methods?organization=nobody`)) === 200;

function closesNonsense(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/realtime`, 'relais.v1');
    const timer = setTimeout(() => socket.close(), TIMEOUT_MS);
    socket.addEventListener('open', () => socket.send('nonsense'));
    socket.addEventListener('close', ({ code }) => {
      clearTimeout(timer);
      resolve(code === 4_500);
    });
  });
}

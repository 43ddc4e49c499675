// Listens on the realtime socket with nothing but the WebSocket that Node brings, and prints what comes.
// Run: ADDRESS=http://… TOKEN=… npx node examples/raw-socket.mjs
const { ADDRESS = '', TOKEN = '' } = process.env;
const socket = new WebSocket(`${ADDRESS.replace(/^http/, 'ws')}/v1/realtime`, 'relais.v1');
const say = (frame) => socket.send(JSON.stringify(frame));

// The token goes into the first frame, never into the address, where logs would keep it.
socket.addEventListener('open', () => say({ type: 'hello', token: TOKEN }));

socket.addEventListener('message', ({ data }) => {
  console.log(data);
  // A client that is silent for two heartbeats is taken for gone.
  if (JSON.parse(data).type === 'heartbeat') say({ type: 'alive' });
});

// 4000 to 4499 and the network's own codes: come back, after retryAfterMs and a random pause. 4500 to 4999: do not.
socket.addEventListener('close', ({ code, reason }) => console.log(`closed ${code} ${reason}`));

// Listens on the realtime socket with nothing but the WebSocket that Node brings, and prints what comes.
// Run: ADDRESS=http://… TOKEN=… KEY=key.json npx node examples/raw-socket.mjs
import { readFileSync } from 'node:fs';
import { proofOf } from './proof.mjs';

const { ADDRESS = '', TOKEN: token = '', KEY = 'key.json' } = process.env;
const url = `${ADDRESS}/v1/realtime`;
const key = JSON.parse(readFileSync(KEY, 'utf8'));
const socket = new WebSocket(url.replace(/^http/, 'ws'), 'relais.v1');
const say = (frame) => socket.send(JSON.stringify(frame));

// The token goes into the first frame, never into the address, where logs would keep it; beside it, the proof of its key.
const hello = (nonce) => say({ type: 'hello', token, proof: proofOf(key, { method: 'GET', url, token, nonce }) });
socket.addEventListener('open', () => hello());

socket.addEventListener('message', ({ data }) => {
  console.log(data);
  const frame = JSON.parse(data);
  // Our clock is wrong, or the gateway's memory short: once more, with what it asks for.
  if (frame.type === 'nonce') hello(frame.nonce);
  // A client that is silent for two heartbeats is taken for gone.
  if (frame.type === 'heartbeat') say({ type: 'alive' });
});

// 4000 to 4499 and the network's own codes: come back, after retryAfterMs and a random pause. 4500 to 4999: do not.
socket.addEventListener('close', ({ code, reason }) => console.log(`closed ${code} ${reason}`));

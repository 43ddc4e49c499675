import type { Listen, Told } from './listeners.js';
import { RelaisSocket } from './relais-socket.js';

const AT_ONCE = 8;
const TELL_EVERY_MS = 10;

const alarmed = new Map<string, number[]>();
const tell = (told: Told): void => void process.send?.(told);

async function listen({ gateway, hello }: Listen): Promise<void> {
  const socket = await RelaisSocket.openWith(gateway, hello);
  const known = new Set<string>();
  socket.onAlarm = ({ alarm: { id: alarmId }, step, cycle }) => {
    if (known.has(alarmId)) return;
    known.add(alarmId);
    const atMs = alarmed.get(alarmId) ?? [];
    alarmed.set(alarmId, atMs);
    atMs.push(performance.timeOrigin + performance.now());
    socket.markAlarm({ alarmId, step, cycle });
  };
  socket.onClosed = (code) => {
    throw new Error(`a device was put out with ${code}`);
  };
}

process.once('message', (all: Listen[]) => {
  const open = async () => {
    for (let next = all.pop(); next; next = all.pop()) await listen(next);
  };
  void Promise.all(Array.from({ length: AT_ONCE }, open)).then(() => tell({ are: 'ready' }));
});
process.once('disconnect', () => process.exit());

setInterval(() => {
  for (const [alarmId, atMs] of alarmed) tell({ are: 'alarmed', alarmId, atMs });
  alarmed.clear();
}, TELL_EVERY_MS);

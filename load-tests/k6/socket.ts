import { randomBytes } from 'k6/crypto';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';
import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';

const PEOPLE_URL = __ENV.PEOPLE_URL ?? 'http://127.0.0.1:6060';

/** Who leaves has written nothing for so long: what nobody waits for was not refused. */
const LAST_ANSWER_MS = 2_000;

const connected = new Rate('relais_connected');
const connectTime = new Trend('relais_connect_time', true);
const accepted = new Rate('relais_accepted');
const acceptTime = new Trend('relais_accept_time', true);
const heardEntries = new Counter('relais_entries_heard');
const deliveryTime = new Trend('relais_delivery_time', true);
const alarmTime = new Trend('relais_alarm_time', true);
const alarmsHeard = new Counter('relais_alarms_heard');

interface Frame {
  type: string;
  n?: number;
  entry?: { kind: string; body?: { text: string } };
  alarm?: { id: string; text: string };
  step?: number;
  cycle?: number;
}

export interface Stay {
  person: number;
  /** How long the socket stays open. */
  stayMs: number;
  /** The pause before the next message, by the time since the socket was ready; null sends none. */
  pauseMs: (sinceReadyMs: number) => number | null;
}

/** Connects, says hello, writes and hears until its time is over; what it saw is in the metrics. */
export function stay({ person, stayMs, pauseMs }: Stay): void {
  const begin = http.get(`${PEOPLE_URL}/begin?person=${person}`, { tags: { name: 'begin' } });
  // What was never counted is missed by no threshold.
  heardEntries.add(0);
  alarmsHeard.add(0);
  if (begin.status !== 200) {
    connected.add(false);
    throw new Error(`nobody to be: ${begin.status} ${String(begin.body)}`);
  }
  const { url, hello, conversationId } = begin.json() as unknown as {
    url: string;
    hello: string;
    conversationId: string;
  };
  const openedAt = Date.now();
  const sentAt = new Map<number, number>();
  const heard = new Set<string>();
  let readyAt = 0;
  let n = 0;
  // Its types say that protocols are ignored; k6 offers them.
  const socket = new WebSocket(url, ['relais.v1'] as unknown as null);
  const end = setTimeout(() => socket.close(), stayMs);

  const write = (): void => {
    const pause = pauseMs(Date.now() - readyAt);
    if (pause === null || Date.now() + pause > openedAt + stayMs - LAST_ANSWER_MS) return;
    setTimeout(() => {
      if (socket.readyState !== 1) return;
      sentAt.set(++n, Date.now());
      const entry = { id: newId(), kind: 'message', body: { text: String(Date.now()) } };
      socket.send(JSON.stringify({ type: 'append', n, conversationId, entry }));
      write();
    }, pause);
  };
  const hear = (frame: Frame): void => {
    if (frame.type === 'heartbeat') socket.send('{"type":"alive"}');
    else if (frame.type === 'ready') {
      readyAt = Date.now();
      connected.add(true);
      connectTime.add(readyAt - openedAt);
      write();
    } else if (frame.type === 'answer' || frame.type === 'refusal') {
      accepted.add(frame.type === 'answer');
      acceptTime.add(Date.now() - (sentAt.get(frame.n ?? 0) ?? Date.now()));
      sentAt.delete(frame.n ?? 0);
    } else if (frame.type === 'entry' && frame.entry?.body) {
      heardEntries.add(1);
      deliveryTime.add(Date.now() - Number(frame.entry.body.text));
    } else if (frame.type === 'alarm' && frame.alarm && !heard.has(frame.alarm.id)) {
      heard.add(frame.alarm.id);
      alarmsHeard.add(1);
      alarmTime.add(Date.now() - Number(frame.alarm.text));
      const marks = [{ alarmId: frame.alarm.id, step: frame.step, cycle: frame.cycle, path: 'socket', state: 'shown' }];
      socket.send(JSON.stringify({ type: 'alarm_mark', marks }));
    }
  };
  socket.onopen = () => socket.send(hello);
  socket.onmessage = (event) => hear(JSON.parse(String(event?.data)) as Frame);
  socket.onclose = () => {
    clearTimeout(end);
    if (readyAt === 0) connected.add(false);
    for (let lost = sentAt.size; lost > 0; lost--) accepted.add(false);
  };
}

/** An emergency to everybody, whose text is the time at which it was raised. */
export function raise(): void {
  const answer = http.post(`${PEOPLE_URL}/alarm`, null, { tags: { name: 'alarm' } });
  if (answer.status !== 200) throw new Error(`the alarm was not raised: ${answer.status} ${String(answer.body)}`);
}

/** UUID version 7, as ids of ours are. */
function newId(): string {
  const hex = Array.from(new Uint8Array(randomBytes(10)))
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-a${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}

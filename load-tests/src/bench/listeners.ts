import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { RelaisSession } from '@relais/sdk';
import { RelaisSocket } from './relais-socket.js';

/** Devices have processors of their own: servers that share this one with two thousand of them go first. */
const PRIORITY = 10;

/** The kernel may share by sessions first (autogroup of sched(7)), so that a priority among processes says nothing. */
function stepBack(pid: number): void {
  setPriority(pid, PRIORITY);
  const ofSession = `/proc/${pid}/autogroup`;
  if (existsSync(ofSession)) writeFileSync(ofSession, String(PRIORITY));
}

/** What a process of listeners is told to do: connect, with this hello. */
export interface Listen {
  gateway: string;
  hello: string;
}

/** What it tells: that all are connected, or when devices first heard of an alarm, ms since 1970. */
export type Told = { are: 'ready' } | { are: 'alarmed'; alarmId: string; atMs: number[] };

/** Devices that wait for alarms in a process of their own, so that they keep nobody else's from being seen in time. */
export class Listeners {
  private readonly heard = new Map<string, number[]>();

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (told: Told) => {
      if (told.are === 'alarmed') this.heardAtMs(told.alarmId).push(...told.atMs);
    });
  }

  static async open(gateways: readonly string[], sessions: readonly RelaisSession[]): Promise<Listeners> {
    const child = fork(join(import.meta.dirname, 'listeners-main.js'), { serialization: 'advanced', detached: true });
    if (child.pid !== undefined) stepBack(child.pid);
    const listeners = new Listeners(child);
    const ready = new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the listeners ended with ${code}`)));
      child.on('message', (told: Told) => told.are === 'ready' && resolve());
    });
    const tasks = sessions.map(async (session, at): Promise<Listen> => {
      const gateway = gateways[at % gateways.length] as string;
      return { gateway, hello: await RelaisSocket.hello(gateway, session) };
    });
    child.send(await Promise.all(tasks));
    await ready;
    return listeners;
  }

  /** When each device that has heard of an alarm did so, ms since 1970; grows. */
  heardAtMs(alarmId: string): number[] {
    const known = this.heard.get(alarmId) ?? [];
    this.heard.set(alarmId, known);
    return known;
  }

  close(): void {
    this.child.removeAllListeners('exit');
    this.child.kill();
  }
}

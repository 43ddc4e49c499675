import { isIP, type Socket } from 'node:net';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import type { ProbeCheck } from '@relais/contracts';
import type { ReachableAddresses } from './addresses.js';
import { open } from './check-tcp.js';
import { ProbeFailure } from './probe-failure.js';
import { SmtpTalk } from './smtp-talk.js';

type Check = Extract<ProbeCheck, { kind: 'smtp' }>;

/** A mail server greets, introduces itself, and encrypts where that is wanted. No mail is sent. */
export async function checkSmtp(check: Check, reachable: ReachableAddresses, signal: AbortSignal): Promise<void> {
  const plain = await open(check, reachable, signal);
  let socket: Socket = plain;
  try {
    if (check.tls === 'implicit') socket = await encrypt(plain, check.host);
    let talk = new SmtpTalk(socket);
    await talk.expect(220);
    const offers = await talk.say('EHLO relais-watch.invalid', 250);
    if (check.tls === 'starttls') {
      if (!offers.some((line) => /^STARTTLS\b/i.test(line)))
        throw new ProbeFailure('tls', 'the mail server does not offer STARTTLS');
      await talk.say('STARTTLS', 220);
      talk.close();
      socket = await encrypt(plain, check.host);
      talk = new SmtpTalk(socket);
      await talk.say('EHLO relais-watch.invalid', 250);
    }
    await talk.say('QUIT', 221);
  } finally {
    socket.destroy();
    plain.destroy();
  }
}

async function encrypt(socket: Socket, host: string): Promise<Socket> {
  const encrypted = connectTls({ socket, ...(isIP(host) ? { host } : { servername: host }) });
  try {
    await once(encrypted, 'secureConnect');
    return encrypted;
  } catch (error) {
    encrypted.destroy();
    throw new ProbeFailure('tls', 'no encryption with a good certificate comes about', error);
  }
}

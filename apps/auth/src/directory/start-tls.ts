import type { Socket } from 'node:net';

const OID = '1.3.6.1.4.1.1466.20037';
/** The extended request that asks for TLS, with the message id 1 (RFC 4511, 4.14.1). */
const REQUEST = Buffer.concat([Buffer.from('301d02010177188016', 'hex'), Buffer.from(OID)]);

const MAX_ANSWER_BYTES = 4_096;
const SEQUENCE = 0x30;
const INTEGER = 0x02;
const ENUMERATED = 0x0a;
const EXTENDED_RESPONSE = 0x78;

/**
 * Asks for TLS and waits until the server agrees. From then on the socket is silent and paused, for TLS to go on with.
 *
 * NOTE: not the StartTLS of ldapts: that keeps what comes in the clear behind the answer and reads it as the beginning of what
 * comes encrypted (the flaw of CVE-2011-0411), checks the certificate of an address for the name `localhost`, waits for the
 * handshake for ever, and goes on in the clear after a lost connection.
 *
 * @throws Error when the server refuses, answers anything else, or says more than its answer
 */
export async function agreeOnTls(socket: Socket): Promise<void> {
  socket.write(REQUEST);
  const answer = await firstMessage(socket);
  const code = resultCode(answer);
  if (code !== 0) throw new Error(`it does not start TLS (result ${code ?? 'unreadable'})`);
}

function firstMessage(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const ended = () => reject(new Error('the connection was closed'));
    const read = (data: Buffer) => {
      received = Buffer.concat([received, data]);
      const message = element(received);
      if (!message && received.length <= MAX_ANSWER_BYTES) return;
      socket.pause().off('data', read).off('close', ended).off('error', reject);
      if (message?.tag === SEQUENCE && message.end === received.length) resolve(message.content);
      else reject(new Error('what it says to StartTLS is no answer, or more than one'));
    };
    socket.on('data', read).once('close', ended).once('error', reject);
  });
}

/** Of the extended response within a message; null where there is none. */
function resultCode(message: Buffer): number | null {
  const id = element(message);
  const response = id?.tag === INTEGER ? element(message.subarray(id.end)) : null;
  const code = response?.tag === EXTENDED_RESPONSE ? element(response.content) : null;
  return code?.tag === ENUMERATED && code.content.length === 1 ? (code.content[0] as number) : null;
}

/** The first element of BER that is there whole; null where none is yet. */
function element(bytes: Buffer): { tag: number; content: Buffer; end: number } | null {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return null;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) return null;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  return bytes.length < start + length
    ? null
    : { tag, content: bytes.subarray(start, start + length), end: start + length };
}

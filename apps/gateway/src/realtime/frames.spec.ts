import fc from 'fast-check';
import { clientFrame } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { decodeFrame } from './frames.js';

const seen = (text: string) => decodeFrame(Buffer.from(text));

describe('reading a frame of a client', () => {
  it('never throws, and gives nothing that is not of the contract', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 2_000 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const decoded = decodeFrame(Buffer.from(bytes));
          expect(['frame', 'refused', 'invalid']).toContain(decoded.is);
          if (decoded.is === 'frame') expect(clientFrame.safeParse(decoded.frame).success).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses by number, or not at all, what almost fits', () => {
    const append = {
      type: 'append',
      n: 7,
      conversationId: newId(),
      entry: { id: newId(), kind: 'message', body: { text: 'x' } },
    };
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(append)), fc.jsonValue(), (field, value) => {
        const decoded = seen(JSON.stringify({ ...append, [field]: value }));
        if (decoded.is === 'refused') expect(decoded.n).toBe(field === 'n' ? value : 7);
        if (decoded.is === 'frame') expect(JSON.stringify(decoded.frame)).toContain('append');
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['{"type":"alive"}', { is: 'frame', frame: { type: 'alive' } }],
    ['{"type":"alive","n":1}', { is: 'invalid' }],
    ['{"type":"sync","n":3,"heads":"all"}', { is: 'refused', n: 3 }],
    ['{"type":"sync","n":-1,"heads":[]}', { is: 'invalid' }],
    ['{"type":"sync","n":1e400,"heads":[]}', { is: 'invalid' }],
    ['{"type":"toString","n":1}', { is: 'invalid' }],
    ['null', { is: 'invalid' }],
    ['', { is: 'invalid' }],
  ])('reads %s', (text, expected) => {
    expect(seen(text)).toEqual(expected);
  });
});

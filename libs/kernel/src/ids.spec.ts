import { createHash } from 'node:crypto';
import { idFrom } from './index.js';

describe('an id made of a digest', () => {
  const of = (text: string) => idFrom(createHash('sha256').update(text).digest());

  it('has the form of our ids, and is the same for the same', () => {
    const ids = Array.from({ length: 100 }, (_, n) => of(String(n)));

    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(100);
    expect(of('0')).toBe('5feceb66-ffc8-8f38-9952-786c6d696c79');
  });
});

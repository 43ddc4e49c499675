import { printable, printableName } from './printable.js';

describe('text from others', () => {
  it.each([
    ['colours', 'a\u001b[31mred', 'a[31mred'],
    ['the window title', '\u001b]0;owned\u0007', ']0;owned'],
    ['one-byte control sequences', '\u009b2Jgone', '2Jgone'],
    ['backspaces and carriage returns', 'yes\b\b\bno\rmaybe', 'yesno\n      maybe'],
    ['text direction', 'abc\u202etxt.exe', 'abctxt.exe'],
  ])('cannot change %s', (_what, given, shown) => {
    expect(printable(given)).toBe(shown);
  });

  it('keeps what people write', () => {
    expect(printable('grüße 👩‍👩‍👧 日本\nnext')).toBe('grüße 👩‍👩‍👧 日本\n      next');
  });

  it('does not let a name pretend to be a line', () => {
    expect(printableName('bob\n12:00 ✓ alice')).toBe('bob 12:00 ✓ alice');
  });
});

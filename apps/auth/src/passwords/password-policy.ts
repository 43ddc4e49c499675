import { readFileSync } from 'node:fs';
import { LIMITS } from '@relais/contracts';
import { COMMON_STEMS } from './common-passwords.js';

/** What is wrong with a password, for who chose it. */
export const PASSWORD_PROBLEMS = {
  too_short: `a password has at least ${LIMITS.passwordMinCharacters} characters`,
  too_common: 'it is too easy to guess: take words that have nothing to do with you or each other',
  breached: 'it is in a list of passwords that were stolen elsewhere: take one that you use nowhere else',
};
export type PasswordProblem = keyof typeof PASSWORD_PROBLEMS;

/** Characters left after everything common is taken out; fewer are guessed in no time. */
const OWN_CHARACTERS = 6;
/** Different characters a password must have at all. */
const DISTINCT_CHARACTERS = 5;

/**
 * What makes a password good enough: length, and not being what everybody takes. No rules about kinds of characters and
 * no expiry; both make people choose worse (NIST SP 800-63B-4).
 */
export class PasswordPolicy {
  /** `breached` holds whole passwords from a breach, in the form of `canonical`. */
  constructor(private readonly breached: ReadonlySet<string> = new Set()) {}

  /** With a file of refused passwords, one per line, as breach lists come. */
  static fromFile(path: string | undefined): PasswordPolicy {
    if (!path) return new PasswordPolicy();
    return new PasswordPolicy(new Set(readFileSync(path, 'utf8').split(/\r?\n/).filter(Boolean).map(canonical)));
  }

  /** What is wrong, or null. `known` are words tied to the person, such as their address and organization. */
  problemOf(password: string, known: readonly string[] = []): PasswordProblem | null {
    const text = canonical(password);
    if ([...password.normalize('NFKC')].length < LIMITS.passwordMinCharacters) return 'too_short';
    if (this.breached.has(text)) return 'breached';
    if (new Set(text).size < DISTINCT_CHARACTERS) return 'too_common';
    return ownPart(text, known.flatMap(words)).size < OWN_CHARACTERS ? 'too_common' : null;
  }
}

const canonical = (password: string): string => password.normalize('NFKC').toLowerCase();

/** The parts of an address or a name that somebody would put into a password. */
const words = (text: string): string[] =>
  canonical(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length >= 3);

/** The different characters that remain without common words, known words, digits and signs. */
function ownPart(text: string, known: readonly string[]): Set<string> {
  let rest = text;
  for (const stem of [...known.toSorted((a, b) => b.length - a.length), ...COMMON_STEMS])
    rest = rest.replaceAll(stem, ' ');
  return new Set(rest.replaceAll(/[^\p{L}]/gu, ''));
}

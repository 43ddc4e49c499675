/** Characters of a word from which on, and up to which, the beginnings of names are digested. */
const SHORTEST = 2;
const LONGEST = 12;
/** Words of a name by which somebody is found. */
const MAX_WORDS = 8;
/** Words of a search that are looked up; the opened names are held against all of them. */
const MAX_LOOKED_UP = 4;

/** Accents and points above and below letters; vowel signs of other scripts are letters of their own. */
const ACCENTS = /(?=\p{M})[\p{sc=Zinh}\p{sc=Hebr}]/gu;
/** Joins, directions and the like, which nobody sees. */
const INVISIBLE = /\p{Cf}/gu;
const NO_WORD = /[^\p{L}\p{M}\p{N}]+/u;

/** Letters that are not made of others for Unicode, and are typed as others. */
const FOLDED: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ø: 'o', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ı: 'i', ς: 'σ' },
};
const FOLDABLE = new RegExp(`[${Object.keys(FOLDED).join('')}]`, 'gu');

/** The words of a text as names are compared: without case, accents, and whatever is no letter or digit. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replaceAll(INVISIBLE, '')
    .replaceAll(ACCENTS, '')
    .toLowerCase()
    .replaceAll(FOLDABLE, (letter) => FOLDED[letter] ?? letter)
    .split(NO_WORD)
    .filter((word) => word.length > 0);

/** What a name is found by: the beginnings of its first words, each once. At most 88. */
export function beginningsOf(name: string): string[] {
  const words = wordsOf(name).slice(0, MAX_WORDS);
  return [...new Set(words.flatMap(beginningsOfWord))];
}

function beginningsOfWord(word: string): string[] {
  const characters = [...word].slice(0, LONGEST);
  const count = Math.max(0, characters.length - SHORTEST + 1);
  return Array.from({ length: count }, (_, at) => characters.slice(0, SHORTEST + at).join(''));
}

/**
 * What to look up for a search, the most telling first, each a beginning that `beginningsOf` may have given. Empty when no word
 * is long enough. Who is found by it still has to be held against the words: they may be longer, shorter and more.
 */
export function lookedUp(words: readonly string[]): string[] {
  const cut = words.map((word) => [...word].slice(0, LONGEST)).filter(({ length }) => length >= SHORTEST);
  const longestFirst = cut.toSorted((one, other) => other.length - one.length).map((word) => word.join(''));
  return [...new Set(longestFirst)].slice(0, MAX_LOOKED_UP);
}

/** Whether each of these is the beginning of a word of the name. */
export function isFoundBy(name: string, words: readonly string[]): boolean {
  const known = wordsOf(name);
  return words.every((word) => known.some((one) => one.startsWith(word)));
}

import { beginningsOf, isFoundBy, lookedUp, wordsOf } from './name-words.js';

describe('the words of a name', () => {
  it.each([
    ['Ann Müller', ['ann', 'muller']],
    ['Zoe\u0308 ZO\u00cb', ['zoe', 'zoe']],
    ['Hans Groß, HANS GROẞ', ['hans', 'gross', 'hans', 'gross']],
    ['İnci Işık ılgaz', ['inci', 'isik', 'ilgaz']],
    ['Łukasz Sørensen Þór Ægir', ['lukasz', 'sorensen', 'thor', 'aegir']],
    ['ΟΔΥΣΣΕΥΣ Οδυσσεύς', ['οδυσσευσ', 'οδυσσευσ']],
    ["Jean-Luc O'Brien_2nd", ['jean', 'luc', 'o', 'brien', '2nd']],
    ['\u202eAnn\u202c \u200fמֹשֶׁה', ['ann', 'משה']],
    ['می\u200cخواهم مُحَمَّد', ['میخواهم', 'محمد']],
    ['कुमार', ['कुमार']],
    ['Ａｎｎ ﬁn ①', ['ann', 'fin', '1']],
    ['A\u0000n\u001bn\tB%_\\', ['a', 'n', 'n', 'b']],
    ['🚒🔥 –!%_', []],
    ['', []],
  ])('of %j are %j', (name, words) => {
    expect(wordsOf(name)).toEqual(words);
  });
});

describe('the beginnings of a name', () => {
  it('have from two to twelve characters, each once', () => {
    expect(beginningsOf('Ann Annie B')).toEqual(['an', 'ann', 'anni', 'annie']);
    expect(beginningsOf('Donaudampfschiff').at(-1)).toBe('donaudampfsc');
    expect(beginningsOf('Donaudampfschiff')).toHaveLength(11);
  });

  it('are of characters, never of halves of them', () => {
    expect(beginningsOf('𐐨𐐩𐐪')).toEqual(['𐐨𐐩', '𐐨𐐩𐐪']);
  });

  it('are of eight words at most, however long the name', () => {
    const many = Array.from({ length: 10_000 }, (_, at) => `word${at}${'x'.repeat(20)}`).join(' ');

    expect(beginningsOf(many).length).toBeLessThanOrEqual(88);
    expect(beginningsOf(many)).not.toContain('word8');
  });
});

describe('a search', () => {
  it('is looked up by its longest words, cut to what is digested, each once', () => {
    expect(lookedUp(wordsOf('an Donaudampfschifffahrt m an'))).toEqual(['donaudampfsc', 'an']);
    expect(lookedUp(wordsOf('aa bb cc dd ee ff'))).toHaveLength(4);
    expect(lookedUp(wordsOf('a b !'))).toEqual([]);
  });

  it('finds what begins with each of its words, in any order', () => {
    expect(isFoundBy('Ann-Kathrin Müller', wordsOf('mül ann'))).toBe(true);
    expect(isFoundBy('Ann-Kathrin Müller', wordsOf('k M'))).toBe(true);
    expect(isFoundBy('Ann-Kathrin Müller', wordsOf('ller'))).toBe(false);
    expect(isFoundBy('Ann-Kathrin Müller', wordsOf('ann meier'))).toBe(false);
  });

  it('is held against the whole word where only its beginning was looked up', () => {
    expect(isFoundBy('Donaudampfschiff', wordsOf('donaudampfschi'))).toBe(true);
    expect(isFoundBy('Donaudampfschiff', wordsOf('donaudampfschu'))).toBe(false);
  });

  it('takes every beginning that is looked up from a name it finds', () => {
    for (const name of ['Ann Müller', 'Groß İnci', 'Donaudampfschifffahrt 김민수']) {
      const digested = beginningsOf(name);
      expect(lookedUp(wordsOf(name)).every((one) => digested.includes(one))).toBe(true);
    }
  });
});

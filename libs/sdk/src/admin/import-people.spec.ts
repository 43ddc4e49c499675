import { partsOf } from './import-people.js';

describe('a list of people that is too long', () => {
  it('is divided into parts that each have the names of the columns, and know their place', () => {
    const text = `email,name\n${Array.from({ length: 5 }, (_, at) => `p${at}@x.example,P${at}`).join('\n')}\n`;

    expect(partsOf(text, 2)).toEqual([
      { csv: 'email,name\np0@x.example,P0\np1@x.example,P1', offset: 0 },
      { csv: 'email,name\np2@x.example,P2\np3@x.example,P3', offset: 2 },
      { csv: 'email,name\np4@x.example,P4', offset: 4 },
    ]);
  });

  it('is never divided within quotes', () => {
    const text = 'email,name\na@x.example,"A\nsecond line ""quoted"""\nb@x.example,B';

    expect(partsOf(text, 1)).toEqual([
      { csv: 'email,name\na@x.example,"A\nsecond line ""quoted"""', offset: 0 },
      { csv: 'email,name\nb@x.example,B', offset: 2 },
    ]);
  });

  it('of nobody has no parts', () => {
    expect(partsOf('email,name\n')).toEqual([]);
  });
});

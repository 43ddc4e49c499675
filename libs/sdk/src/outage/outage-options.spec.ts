import { readOutageOptions } from './outage-options.js';

const wishOf = (...args: string[]) => readOutageOptions(args).wish;

describe('the command line of relais-outage', () => {
  it('takes a key and a reason, and nothing else is needed', () => {
    expect(wishOf('on', '--key', 'k.json', '--reason', 'Fire')).toEqual({
      ...{ kind: 'switch', on: true, keyFile: 'k.json', reason: 'Fire', gateway: undefined },
    });
    expect(wishOf('off', '--key', 'k', '--reason', 'Over', '--gateway', 'https://g')).toMatchObject({
      ...{ on: false, gateway: 'https://g' },
    });
  });

  it.each([
    [['on', '--reason', 'x'], 'which key?'],
    [['on', '--key', 'k'], 'say why'],
    [['on', '--key', 'k', '--reason', ' '], 'say why'],
    [['on', 'fire', '--key', 'k'], 'put the reason in quotes'],
    [['new-key'], 'where is the key kept?'],
    [['new-key', 'k'], 'say where it will lie'],
    [['new-key', 'k', '--label', 'x', '--days', '731'], '--days is a number from 1 to 730'],
    [['explode'], 'explode is none of'],
  ])('%j is refused with what to do', (args, message) => {
    expect(() => wishOf(...args)).toThrow(message);
  });

  it('without anything is helped', () => {
    expect(wishOf()).toEqual({ kind: 'help' });
  });
});

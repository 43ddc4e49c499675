import { newId } from '@relais/kernel';
import { readOptions } from './options.js';

describe('the command line', () => {
  it('takes a name and knows where the people are', () => {
    expect(readOptions(['alice'])).toMatchObject({
      name: 'alice',
      peopleFile: '.devstack/default/people.json',
      once: false,
    });
  });

  it('takes an account by its address', () => {
    const args = ['--gateway', 'http://localhost:1', '--organization', 'acme', '--email', 'a@example.org'];

    expect(readOptions([...args, '--conversation', newId()])).toMatchObject({
      email: 'a@example.org',
      name: undefined,
    });
  });

  it.each([
    [[], 'who are you'],
    [['alice', 'bob'], 'one name is enough'],
    [['--email', 'a@example.org'], 'needs --gateway'],
    [['alice', '--conversation', 'x'], "not a conversation's id"],
    [['alice', '--follow-seconds', '0'], 'not a number of seconds'],
    [['alice', '--shout'], '--shout'],
  ])('refuses %j', (args, why) => {
    expect(() => readOptions(args)).toThrow(why);
  });
});

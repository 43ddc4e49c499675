import { plantedEnd } from '../mutations/plant.js';
import { Endings } from './endings.js';

describe('the end of a replica', () => {
  const killed = {
    name: 'auth-1',
    pid: 42,
    code: null,
    signal: 'SIGKILL',
    wasAsked: false,
    lastLines: '{"event":"ready"}',
  } as const;
  const unexpected = (ending: Partial<Parameters<Endings['heard']>[0]>): readonly string[] => {
    const endings = new Endings();
    endings.heard({ ...killed, ...ending });
    return endings.unexpected;
  };

  it.each([
    ['the case killed it', { wasAsked: true }],
    ['the case stopped it and it let go in good order', { wasAsked: true, code: 0, signal: null }],
    ['a fault point ended it', { lastLines: plantedEnd(42) }],
  ])('is expected when %s', (_, ending) => {
    expect(unexpected(ending)).toEqual([]);
  });

  it.each([
    [
      'a fault point ended the one before it',
      { lastLines: plantedEnd(41) },
      `auth-1 ended with SIGKILL:\n${plantedEnd(41)}`,
    ],
    ['something else killed it', {}, 'auth-1 ended with SIGKILL:\n{"event":"ready"}'],
    ['it gave up', { code: 1, signal: null }, 'auth-1 ended with code 1:\n{"event":"ready"}'],
    ['it left without a word', { code: 0, signal: null }, 'auth-1 ended with code 0:\n{"event":"ready"}'],
    [
      'it was asked to and failed',
      { wasAsked: true, code: 1, signal: null },
      'auth-1 ended with code 1:\n{"event":"ready"}',
    ],
  ])('is a bug when %s', (_, ending, said) => {
    expect(unexpected(ending)).toEqual([said]);
  });
});

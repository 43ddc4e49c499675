import { authenticationPolicy } from '@relais/contracts';
import { demandOf, isAtLeast, strengthOf, strictest } from './strength.js';

describe('the strength of what was shown', () => {
  it.each([
    [['pwd'], 'password'],
    [['otp'], 'password'],
    [['hwk'], 'password'],
    [['fed'], 'password'],
    [['pwd', 'otp'], 'second_factor'],
    [['pwd', 'rec'], 'second_factor'],
    [['pwd', 'hwk'], 'second_factor'],
    [['fed', 'mfa'], 'second_factor'],
    [['hwk', 'user'], 'phishing_resistant'],
    [['pwd', 'hwk', 'user'], 'phishing_resistant'],
    [['brk'], 'phishing_resistant'],
  ] as const)('%j amounts to %s', (amr, strength) => {
    expect(strengthOf(amr)).toBe(strength);
  });

  it('is enough when it is as much or more', () => {
    expect(isAtLeast('phishing_resistant', 'second_factor')).toBe(true);
    expect(isAtLeast('password', 'second_factor')).toBe(false);
  });
});

describe('what is demanded', () => {
  const policy = (more: object = {}) => authenticationPolicy.parse(more);

  it('is never less of administrators than of everybody', () => {
    const upsideDown = policy({ required: 'second_factor', requiredOfAdministrators: 'password' });

    expect(demandOf(upsideDown, 'admin')).toBe('second_factor');
    expect(demandOf(policy({ requiredOfAdministrators: 'phishing_resistant' }), 'member')).toBe('password');
  });

  it('locks remotely where one of them does, with the least grace of those', () => {
    const [off, day, hour] = [
      policy(),
      policy({ remoteLock: { graceHours: 24 } }),
      policy({ remoteLock: { graceHours: 1 } }),
    ];

    expect(strictest(off, off).remoteLock).toBeUndefined();
    expect([strictest(off, day).remoteLock, strictest(day, off).remoteLock]).toEqual([day.remoteLock, day.remoteLock]);
    expect(strictest(day, hour).remoteLock).toEqual({ graceHours: 1 });
  });

  it('is the strictest of the organization and every pool, in any order', () => {
    const a = policy({ required: 'second_factor', allowedFactors: ['totp', 'passkey'], sessionIdleSeconds: 600 });
    const b = policy({
      requiredOfAdministrators: 'phishing_resistant',
      allowedFactors: ['passkey'],
      stepUpSeconds: 60,
      factorChangeEndsSessions: false,
    });
    const both = {
      ...{ required: 'second_factor', requiredOfAdministrators: 'phishing_resistant', allowedFactors: ['passkey'] },
      ...{ sessionIdleSeconds: 600, stepUpSeconds: 60, factorChangeEndsSessions: true },
    };

    expect(strictest(a, b)).toMatchObject(both);
    expect(strictest(b, a)).toMatchObject(both);
  });
});

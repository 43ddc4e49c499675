import { firstPhone, maskPhone, readPhone } from './phone.js';

describe('phone numbers of directories', () => {
  it.each([
    ['+49 (0)30 123-4567', '+49301234567'],
    ['+1 (415) 555.2671', '+14155552671'],
    ['0049 151 12345678', '+4915112345678'],
    ['tel:+44-20-7946-0958;ext=12', '+442079460958'],
  ])('%s is %s', (said, number) => {
    expect(readPhone(said)).toBe(number);
  });

  it.each([undefined, '', '030 1234567', 'ext. 12', '+', '+0123456789', '+49', 'call me', '+4915112345678901', '112'])(
    '%s is none that can be called from anywhere',
    (said) => {
      expect(readPhone(said)).toBeNull();
    },
  );
});

describe('of several numbers', () => {
  it('the first that can be called is taken, and none that cannot', () => {
    expect(firstPhone(['112', '+49 151 12345678', '+49 151 87654321'])).toEqual({ phone: '+4915112345678' });
    expect(firstPhone(['', ' '])).toEqual({});
    expect(firstPhone(['', '030 1234567'])).toEqual({ hasBadPhone: true });
  });

  it('each is shown so that it is known again and not called', () => {
    expect(maskPhone('+4915112345678')).toBe('+49…78');
  });
});

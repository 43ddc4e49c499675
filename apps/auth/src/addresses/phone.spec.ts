import { readPhone } from './phone.js';

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

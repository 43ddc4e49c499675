import { alarmSettings } from '@relais/contracts';
import { ladderOf } from './ladder.js';

const settings = (more: object = {}) => alarmSettings.parse({ paths: ['push', 'sms', 'push'], ...more });

describe('what an organization says about ways', () => {
  it('is its own list, each way once, with the time that a device has on it', () => {
    expect(ladderOf(settings(), 'default')).toEqual({
      ...{ rules: 'default', overrides: false, first: [], directory: ['email', 'sms', 'voice'] },
      ways: [
        { path: 'push', silentSeconds: 20 },
        { path: 'sms', silentSeconds: 60 },
      ],
    });
  });

  it('may put the app before everything, and say that nobody’s own rules count', () => {
    const ladder = ladderOf(settings({ appFirst: true, overridesContactRules: true }), 'important');

    expect(ladder.first.map(({ path }) => path)).toEqual(['socket', 'push']);
    expect([ladder.overrides, ladder.rules]).toEqual([true, 'important']);
  });

  it('says for which ways addresses of the directory are good', () => {
    const directoryAddresses = { email: true, sms: false, voice: false };

    expect(ladderOf(settings({ directoryAddresses }), 'default').directory).toEqual(['email']);
  });
});

import { identityProviderSettings } from '@relais/contracts';
import { saidOf } from './claims.js';

const now = new Date('2026-11-24T12:00:00Z');
const settings = (more: object = {}) =>
  identityProviderSettings.parse({
    ...{ name: 'x', issuer: 'https://login.example', clientId: 'x', redirectUris: ['https://app.example/back'] },
    ...more,
  });
const token = { iss: 'https://login.example', sub: '42' };
const said = (claims: object, more: object = {}, profile: object = {}) =>
  saidOf({ ...token, ...claims }, { ...profile }, settings(more), now);

describe('what a provider says about a person', () => {
  it('is an address only when somebody verified it, or the organization trusts the provider to', () => {
    const email = 'ada@brigade.example';

    expect(said({ email }).email).toBeNull();
    expect(said({ email, email_verified: false }, { trustsEmail: true }).email).toBeNull();
    expect(said({ email, email_verified: true }).email).toBe(email);
    expect(said({ email }, { trustsEmail: true }).email).toBe(email);
    expect(said({ email: 'no address', email_verified: true }).email).toBeNull();
  });

  it('has a name that fits, whatever is sent', () => {
    expect(said({ name: 'Ada' }).displayName).toBe('Ada');
    expect(said({ name: ' ', preferred_username: 'ada' }).displayName).toBe('ada');
    expect(said({ name: { evil: true } }).displayName).toBe('Nameless');
    expect(said({ name: 'x'.repeat(300), email: 'ada@b.example', email_verified: true }).displayName).toBe('ada');
  });

  it('counts as a second factor only where that is trusted', () => {
    const loa = { acrValues: ['loa2'], trustsSecondFactor: true };

    expect(said({ amr: ['pwd', 'mfa'] }).amr).toEqual(['fed']);
    expect(said({ amr: ['pwd', 'mfa'] }, { trustsSecondFactor: true }).amr).toEqual(['fed', 'mfa']);
    expect(said({ acr: 'loa2' }, loa).amr).toEqual(['fed', 'mfa']);
    expect(said({ acr: 'loa1' }, loa).amr).toEqual(['fed']);
    expect(said({}, loa, { amr: ['mfa'], acr: 'loa2' }).amr).toEqual(['fed']);
  });

  it('names groups, or none, or that there are too many to say', () => {
    const groups = { groups: { mappings: [] } };

    expect(said({ groups: ['a', 7, 'b'] }, groups).groups).toEqual(['a', 'b']);
    expect(said({ groups: 'a' }, groups).groups).toEqual(['a']);
    expect(said({}, groups).groups).toEqual([]);
    expect(said({ _claim_names: { groups: 'src1' } }, groups).groups).toBeNull();
  });

  it('believes the signed token before the userinfo endpoint, and no time in the future', () => {
    const one = said({ name: 'Ada', auth_time: 4_000_000_000 }, {}, { name: 'Eve', sub: '43', iss: 'https://evil' });

    expect(one).toMatchObject({ displayName: 'Ada', subject: '42', issuer: token.iss, authenticatedAt: now });
    expect(said({}).authenticatedAt).toBeNull();
  });
});

import { parseKekFile, readKekFile } from './kek-file.js';

const secret = 'c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=';
const other = 'b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3RoZXIgb3Q=';
const third = 'dGhpcmQgdGhpcmQgdGhpcmQgdGhpcmQgdGhpcmQgdGg=';
const file = (overrides: object) => JSON.stringify({ active: 1, keys: { '1': secret }, index: other, ...overrides });

describe('the KEK file', () => {
  it('holds versions, the active one and the index key', () => {
    const keyring = parseKekFile('kek.json', file({ active: 2, keys: { '1': secret, '2': third } }));

    expect(keyring.active).toBe(2);
    expect([...keyring.keys.keys()]).toEqual([1, 2]);
    expect(keyring.index).toHaveLength(32);
  });

  it.each([
    ['not JSON', `{"active":1,"keys":{"1":"${secret}"`, 'not JSON'],
    ['something else', '[]', 'the file'],
    ['without an index key', file({ index: undefined }), '"index" is missing'],
    ['without an active version', file({ active: undefined }), '"active" is missing'],
    ['with an active version that has no key', file({ active: 2 }), '"active" is 2, but "keys" has no "2"'],
    ['with version 0', file({ keys: { '0': secret } }), '"keys.0"'],
    ['with a key of 16 bytes', file({ keys: { '1': 'c2VjcmV0IHNlY3JldCBzZQ==' } }), 'bytes instead of 32'],
    ['with a key that is not base64', file({ keys: { '1': `${secret.slice(0, -2)}!!` } }), 'is not base64'],
    ['with a key of zeros', file({ index: Buffer.alloc(32).toString('base64') }), 'is not random'],
    ['with one key in two places', file({ index: secret }), 'two places'],
    ['with an unknown field', file({ kek: secret }), 'is missing or wrong'],
  ])('is refused %s, without showing a key', (_, text, problem) => {
    const attempt = () => parseKekFile('/etc/relais/kek.json', text);

    expect(attempt).toThrow(expect.objectContaining({ code: 'kek_file_invalid' }));
    expect(attempt).toThrow(problem);
    expect(attempt).toThrow('/etc/relais/kek.json');
    expect(attempt).not.toThrow(secret.slice(0, 8));
  });

  it('says what to do when it is not there', async () => {
    await expect(readKekFile('/nowhere/kek.json')).rejects.toMatchObject({
      code: 'kek_file_missing',
      message: expect.stringContaining('mount the secret'),
    });
  });
});

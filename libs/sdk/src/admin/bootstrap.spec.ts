import { readAdminOptions } from './admin-options.js';
import { bootstrap, readFounding } from './bootstrap.js';

const ACME = ['--gateway', 'http://localhost:8080', '--organization', 'acme', '--name', 'Acme', '--owner', 'Ada'];
const read = (...more: string[]) => readAdminOptions(['bootstrap', ...ACME, '--email', 'ada@acme.example', ...more]);

describe('the founding of the first organization, from the command line', () => {
  it('says who and what, and no secret', () => {
    expect(readFounding(read().values)).toEqual({
      ...{ gateway: 'http://localhost:8080', organization: 'acme', name: 'Acme' },
      ...{ owner: 'Ada', email: 'ada@acme.example' },
    });
  });

  it.each([
    [['--organization', 'Acme GmbH'], /inner hyphens[^]*organization/],
    [['--email', 'ada'], /email/],
    [['--gateway', 'chat.acme.example'], /gateway/],
    [['--owner', ''], /owner/],
  ])('is refused before anything is asked: %j', async (more, why) => {
    await expect(bootstrap(read(...more).values, '@/nowhere')).rejects.toThrow(why);
  });

  it('takes no token that other users of the machine would see', async () => {
    await expect(bootstrap(read().values, 'token')).rejects.toThrow('never an argument');
  });
});

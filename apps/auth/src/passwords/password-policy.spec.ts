import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PasswordPolicy } from './password-policy.js';

const policy = new PasswordPolicy();

describe('the password policy (A-21, A-23)', () => {
  it.each([
    'correct horse battery staple',
    'vier Lampen am Ufer der Oder',
    'xkR4 vTq9 mzLw bHc2',
    'ein Überraschungsei für Zoë',
    '密码很长而且很难猜到的一句话吗是的',
  ])('accepts "%s"', (password) => {
    expect(policy.problemOf(password)).toBeNull();
  });

  it.each([
    ['too_short', 'fourteen chars'],
    ['too_short', '👩‍🚒👩‍🚒'],
    ['too_common', 'aaaaaaaaaaaaaaaaaaaa'],
    ['too_common', '123456789012345678'],
    ['too_common', 'passwordpassword'],
    ['too_common', 'Password1234567890!'],
    ['too_common', 'qwertyuiopasdfghjkl'],
    ['too_common', 'Sommer2026!Winter2026'],
    ['too_common', 'letmeinletmeinletmein'],
    ['too_common', 'Ｐａｓｓｗｏｒｄ-1234567890'],
  ])('refuses as %s: "%s"', (problem, password) => {
    expect(policy.problemOf(password)).toBe(problem);
  });

  it("refuses the person's own address and organization with digits behind", () => {
    const known = ['alice.bergmann@feuerwehr-nord.example', 'feuerwehr-nord'];

    expect(policy.problemOf('Alice-Bergmann-1987', known)).toBe('too_common');
    expect(policy.problemOf('feuerwehr-nord-2026', known)).toBe('too_common');
    expect(policy.problemOf('Alice-Bergmann-1987')).toBeNull();
  });

  it('refuses what a local breach list holds, however it is written', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'relais-breach-')), 'list');
    writeFileSync(path, 'correct horse battery staple\r\nanother one of those\n');

    expect(PasswordPolicy.fromFile(path).problemOf('Correct Horse Battery Staple')).toBe('breached');
  });
});

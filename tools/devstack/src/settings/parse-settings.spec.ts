import { z } from 'zod';
import { type Table, parseSettings } from './parse-settings.js';

const alerting = {
  SMS_PROVIDER: z.enum(['none', 'http']).default('none').describe('Who sends'),
  PHONE_SECRET: z.string().min(8).optional().describe('What both know; secret'),
  DATABASE_URL: z.string().describe('PostgreSQL'),
  KEK_FILE: z.string().describe('Path of the keys'),
};
const TABLES = new Map<string, Table>([
  ['alerting', alerting],
  ['gateway', {}],
]);
const parse = (...given: string[]) => parseSettings(given, TABLES, ['DATABASE_URL', 'KEK_FILE']);

describe('a setting of the user’s own', () => {
  it('is a name that its service documents, and a value that its schema takes', () => {
    expect(parse('alerting.SMS_PROVIDER=http', 'alerting.PHONE_SECRET=a=b.c=d=')).toEqual([
      { service: 'alerting', name: 'SMS_PROVIDER', value: 'http', isSecret: false },
      { service: 'alerting', name: 'PHONE_SECRET', value: 'a=b.c=d=', isSecret: true },
    ]);
  });

  it('may name a file instead, whose path is no secret', () => {
    expect(parse('alerting.PHONE_SECRET_FILE=/s')).toMatchObject([{ name: 'PHONE_SECRET_FILE', isSecret: false }]);
  });

  it('may be empty, whatever its schema says', () => {
    expect(parse('alerting.SMS_PROVIDER=')).toMatchObject([{ value: '' }]);
  });

  it.each([
    ['orders.SMS_PROVIDER=http', 'there is no service "orders" here; there are alerting, gateway'],
    ['constructor.SMS_PROVIDER=http', 'no service "constructor"'],
    ['gateway.SMS_PROVIDER=http', 'gateway has no setting SMS_PROVIDER; docs/reference/config.md lists'],
    ['alerting.constructor=http', 'no setting constructor'],
    ['alerting.SMS_PROVIDER=post', 'alerting.SMS_PROVIDER: Invalid option: expected one of "none"|"http"'],
    ['alerting.DATABASE_URL=x', 'alerting.DATABASE_URL: the stack sets this itself'],
    ['alerting.DATABASE_URL_FILE=/x', 'alerting.DATABASE_URL_FILE: the stack sets this itself'],
    ['alerting.KEK_FILE=/x', 'alerting.KEK_FILE: the stack sets this itself'],
    ['SMS_PROVIDER=http', '"SMS_PROVIDER": write --set <service>.<NAME>=<value>'],
    ['alerting.SMS_PROVIDER', '"alerting.SMS_PROVIDER": write --set'],
    ['', 'write --set'],
  ])('is not %j', (given, says) => {
    expect(() => parse(given)).toThrow(says);
  });

  it('is told of together with all others that are none, and no value with them', () => {
    const given = ['alerting.PHONE_SECRET=hunter2', 'PHONE_SECRET=hunter2', 'pager.PHONE_SECRET=hunter2'];

    expect(() => parse(...given)).toThrow(/^nothing was started or changed\n[^]*Too small[^]*write --set[^]*"pager"/);
    expect(() => parse(...given)).not.toThrow(/hunter2/);
  });
});

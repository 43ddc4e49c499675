import { z } from 'zod';
import { config, envExample } from './config.js';
import { variableOf } from './variables.js';

const port = variableOf('PORT', z.coerce.number().int().min(0).max(65_535).default(8_080).describe('Public port'));
const url = variableOf('DATABASE_URL', z.url({ protocol: /^postgres$/ }).describe('PostgreSQL; secret'));
const level = variableOf('LOG_LEVEL', z.enum(['debug', 'info']).default('info').describe('Least severe line'));
const seed = variableOf('NATS_NKEY_SEED', z.string().optional().describe('Seed of the NATS user'));
const replica = variableOf(
  'REPLICA',
  z
    .string()
    .default(() => 'this-machine')
    .describe('Name of this replica; default: the host name'),
);

describe('a variable', () => {
  it('has the bounds and the default of its schema', () => {
    expect(port).toMatchObject({ required: false, fallback: '8080', bounds: '0 to 65535' });
    expect(level).toMatchObject({ fallback: 'info', bounds: 'debug, info' });
  });

  it('must be given when its schema has no default and is not optional', () => {
    expect(url).toMatchObject({ required: true, fallback: undefined, bounds: 'URL' });
    expect(seed).toMatchObject({ required: false, fallback: undefined });
  });

  it('is a secret when its description or its name says so', () => {
    expect([url, seed, port, level].map(({ secret }) => secret)).toEqual([true, true, false, false]);
  });

  it('has a default in words where it differs from machine to machine', () => {
    expect(replica.fallback).toBe('the host name');
  });
});

describe('config.md and .env.example', () => {
  const all = [url, port];

  it('say what must be given and what stands in for the rest', () => {
    expect(config(all).text).toMatch(/`DATABASE_URL` \| must be given \| URL \| yes/);
    expect(envExample(all).text).toMatch(/^DATABASE_URL=$/m);
    expect(envExample(all).text).toMatch(/^# PORT=8080$/m);
  });
});

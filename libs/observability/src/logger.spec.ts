import { newId } from '@relais/kernel';
import { createLogger, type Log, type LogFields } from './index.js';

const CANARY = 'canary-7f3a';

function setup(pseudonymKey?: string) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log: Log = createLogger({ service: 'auth', replica: 'a-1', level: 'info', pseudonymKey, destination });
  const last = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> & { error?: Record<string, unknown> };
  return { log, lines, last };
}

describe('the log', () => {
  it('writes one JSON object per line, with the time in UTC, the level and who wrote it', () => {
    const { log, lines, last } = setup();

    log.warn({ event: 'outbox.published', count: 3 });

    expect(lines).toHaveLength(1);
    expect(last()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      service: 'auth',
      replica: 'a-1',
      event: 'outbox.published',
      count: 3,
    });
  });

  it('has no field for content, names, tokens or addresses (A-67)', () => {
    const { log, lines } = setup();
    const fields = { text: CANARY, token: CANARY, email: CANARY, displayName: CANARY, ip: CANARY, body: { CANARY } };

    log.error({ event: 'x', ...fields } as LogFields);

    expect(lines.join()).not.toContain(CANARY);
  });

  it('writes people and their devices as pseudonyms, the same ones under the same key', () => {
    const userId = newId();
    const [one, other, stranger] = [setup('k'.repeat(16)), setup('k'.repeat(16)), setup('l'.repeat(16))];

    for (const { log } of [one, other, stranger]) log.info({ event: 'x', userId, deviceId: userId, sessionId: userId });

    expect(one.lines.join()).not.toContain(userId);
    expect(one.last().userId).toMatch(/^p-[0-9a-f]{12}$/);
    expect(other.last().userId).toBe(one.last().userId);
    expect(stranger.last().userId).not.toBe(one.last().userId);
  });

  it('escapes what would break the line or the terminal (A-69)', () => {
    const { log, lines, last } = setup();
    const reason = 'first\nsecond\r{"level":"info"}\u001b[2Jgone\u0000"';

    log.info({ event: 'x', reason });

    expect(lines[0]?.trimEnd()).not.toMatch(/[\n\r\u001b\u0000]/);
    expect(last().reason).toBe(reason);
  });

  it('tells of an error its name, code, message and where it happened', () => {
    const { log, last } = setup();
    const cause = Object.assign(new Error('inner'), { code: '23505', constraint: 'note_pkey', detail: CANARY });

    log.error({ event: 'x', error: new Error('outer', { cause }) });

    expect(last().error).toMatchObject({
      name: 'Error',
      message: 'outer',
      stack: expect.stringContaining('logger.spec'),
      cause: { code: '23505', constraint: 'note_pkey', message: 'inner' },
    });
  });

  it.each([
    ['of a parser', () => JSON.parse(`{"token":${CANARY}}`) as unknown],
    [
      'of PostgreSQL about a value',
      () => {
        throw Object.assign(new Error(`invalid input syntax for type uuid: "${CANARY}"`), { code: '22P02' });
      },
    ],
    [
      'with the row in its details',
      () => {
        throw Object.assign(new Error('duplicate key'), { code: '23505', detail: CANARY, parameters: [CANARY] });
      },
    ],
    ['that is a string', () => Promise.reject(CANARY)],
  ])('keeps the value out of an error %s', async (_, fail) => {
    const { log, lines } = setup();

    try {
      await fail();
    } catch (error) {
      log.error({ event: 'x', error });
      log.error({ event: 'x', error: new Error('wrapped', { cause: error }) });
    }

    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain(CANARY);
  });

  it('comes to an end with an error that is its own cause, and with a huge message', () => {
    const { log, lines } = setup();
    const error = new Error('x'.repeat(1_000_000));
    error.cause = error;

    log.error({ event: 'x', error });

    expect(lines[0]?.length).toBeLessThan(20_000);
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = setup();

    log.debug({ event: 'x' });

    expect(lines).toEqual([]);
  });
});

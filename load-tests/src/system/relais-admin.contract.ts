import { ROUTES } from '@relais/contracts';
import type { Person } from './person.js';
import type { Running } from './system.js';
import { Terminal } from './terminal.js';

export function relaisAdminContract(running: Running): void {
  let terminal: Terminal;
  let xenia: Person;

  beforeAll(async () => {
    const { acme, gateways } = running();
    xenia = await acme.join({ displayName: 'Xenia' });
    terminal = await Terminal.open({ gateways, organization: acme.handle }, [xenia]);
  });
  afterAll(() => terminal?.close());

  const me = async () => {
    const asked = terminal.run('relais-admin', ['--as', 'xenia', 'me']);
    expect([await asked.code, asked.said()]).toEqual([0, expect.stringContaining(xenia.id)]);
  };
  const sessions = async () => (await xenia.call(ROUTES.listSessions, {})).items.map(({ id }) => id);

  it('keeps its session from one command to the next, and has another one when that was ended elsewhere', async () => {
    const before = await sessions();
    await me();
    const first = (await sessions()).filter((id) => !before.includes(id));
    await me();
    expect(await sessions()).toHaveLength(before.length + 1);
    for (const sessionId of first) await xenia.call(ROUTES.closeSession, { sessionId });

    await me();
    const second = (await sessions()).filter((id) => !before.includes(id));
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(second).not.toEqual(first);
  }, 60_000);
}

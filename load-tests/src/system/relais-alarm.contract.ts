import type { Person } from './person.js';
import { eventually, type Running } from './system.js';
import { Terminal } from './terminal.js';

/** An alarm from one terminal, answered in another. */
export function relaisAlarmContract(running: Running): void {
  let terminal: Terminal;

  beforeAll(async () => {
    const { acme, gateways } = running();
    const people: Person[] = [acme.owner];
    for (const displayName of ['Wim', 'Vera']) people.push(await acme.join({ displayName }));
    terminal = await Terminal.open({ gateways, organization: acme.handle }, people);
  });
  afterAll(() => terminal?.close());

  const alarm = (...args: string[]) =>
    terminal.run('relais-alarm', ['--as', running().acme.owner.account.displayName, ...args]);

  it('escalates to the next group in sight of who raised it, until somebody there comes', async () => {
    const vera = terminal.run('relais-chat', ['vera', '--with', 'Wim', '--follow-seconds', '60']);
    const raised = alarm('Fire in hall 2', '--to', 'Wim', '--then', 'Vera', '--wait', '10', '--severity', 'emergency');
    await eventually(() => vera.said().includes('EMERGENCY: Fire in hall 2'), 30_000);
    vera.type('/answer coming');

    expect(await raised.code).toBe(0);
    const [said, id = ''] = [raised.said(), /^alarm ([0-9a-f-]{36})$/m.exec(raised.said())?.[1]];
    const happened = ['Wim is told (socket, step 1)', 'Vera is told (socket, step 2)', 'Vera answers: Coming'];
    const places = happened.map((what) => said.indexOf(what));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(said).toContain('acknowledged: taken on by 1');
    const page = alarm('--report', id);
    expect(await page.code).toBe(0);
    expect(page.said()).toMatch(/^<!doctype html>[^]*Fire in hall 2[^]*1 of 2 people[^]*Vera[^]*<\/html>\n/);
    const table = alarm('--report', id, '--csv');
    expect(await table.code).toBe(0);
    expect(table.said()).toMatch(/^\ufeffperson,userId,step[^]*\r\nVera,[^]*,coming,/);
    const ended = alarm('--end', id);
    expect([await ended.code, ended.said()]).toEqual([0, 'all_clear\n']);
    await eventually(() => vera.said().includes('ALL CLEAR: Fire in hall 2'));
    vera.type('/quit');
    expect(await vera.code).toBe(0);
  }, 90_000);

  it('to a name that nobody has is not raised', async () => {
    const refused = alarm('Fire', '--to', 'Mallory');

    expect([await refused.code, refused.said()]).toEqual([1, 'relais-alarm: nobody is called Mallory\n']);
  });
}

import { eventually, type Running } from './system.js';
import { Terminal } from './terminal.js';

export function relaisChatContract(running: Running): void {
  let terminal: Terminal;

  beforeAll(async () => {
    const { acme, gateways } = running();
    const people = [await acme.join({ displayName: 'Zoe' }), await acme.join({ displayName: 'Yan' })];
    terminal = await Terminal.open({ gateways, organization: acme.handle }, people);
  });
  afterAll(() => terminal?.close());

  const chat = (args: string[], input?: string) => terminal.run('relais-chat', args, input);

  it('a line that is piped in is committed, and seen by the other side', async () => {
    const first = chat(['zoe', '--once'], 'are you there?\n');
    expect([await first.code, first.said()]).toEqual([0, expect.stringMatching(/✓ Zoe: are you there\?\n$/)]);

    const other = chat(['yan', '--follow-seconds', '6']);
    await eventually(() => other.said().includes('are you there?'));
    const second = chat(['zoe', '--once'], 'hello\n');

    expect([await second.code, second.said()]).toEqual([0, expect.stringMatching(/✓ Zoe: hello\n$/)]);
    expect(await other.code).toBe(0);
    expect(other.said()).toMatch(/ {3}Zoe: hello\n/);
  }, 40_000);

  it('who is not in the file is told so', async () => {
    const nobody = chat(['mallory', '--once'], 'hello\n');

    expect(await nobody.code).toBe(1);
    expect(nobody.said()).toBe('relais-chat: no mallory among zoe, yan\n');
  });
}

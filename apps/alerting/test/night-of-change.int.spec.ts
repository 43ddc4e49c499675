import { roster } from '@relais/contracts';
import { newId, type UserId } from '@relais/kernel';
import { EngineWorld } from './engine-world.js';

const MINUTE_MS = 60_000;
const minute = (at: number): string => new Date(at).toISOString().slice(11, 16);

/** The engine, the roster and PostgreSQL live through the nights on which the clock is changed, minute by minute. */
describe('a hand-over at 02:30 in Berlin', () => {
  let world: EngineWorld;
  let [chief, anna, ben]: UserId[] = [];

  beforeEach(async () => {
    world = await EngineWorld.open({ ownClock: true });
    [chief, anna, ben] = [world.person(), world.person(), world.person()];
    await world.settings(['socket']);
  });
  afterEach(() => world.close());

  const nameOf = (userId: string): string => (userId === anna ? 'anna' : userId === ben ? 'ben' : userId);
  const onDuty = async (): Promise<string> => {
    const { items } = await world.rosters.list({}, world.context(chief as UserId));
    return items.flatMap((one) => one.onDuty.map(nameOf)).join(' and ');
  };
  const told = async (): Promise<string[]> =>
    (await world.told('socket')).map((line) => nameOf(line.split(' ')[0] ?? ''));

  /** Each change of who is on duty and of who was told of the alarm, with the minute in UTC in which it is seen. */
  async function live(from: string, minutes: number): Promise<string[]> {
    const begin = Date.parse(from);
    await world.setClock(begin - MINUTE_MS);
    const layer = {
      ...{ userIds: [anna, ben], shift: { unit: 'days', length: 1 }, timeZone: 'Europe/Berlin' },
      ...{ startsOn: new Date(begin - 24 * 60 * MINUTE_MS).toISOString().slice(0, 10), handOverAt: '02:30' },
    };
    const rosterId = newId() as never;
    const wanted = roster.parse({ name: 'Nights', layers: [layer] });
    await world.rosters.put({ rosterId, roster: wanted }, world.context(chief as UserId));
    await world.raise(chief as UserId, { audience: { rosterIds: [rosterId] } });
    const seen: string[] = [];
    let [duty, count] = ['', 0];
    for (let at = begin; at <= begin + minutes * MINUTE_MS; at += MINUTE_MS) {
      await world.setClock(at);
      await world.settle();
      const [now, all] = [await onDuty(), await told()];
      if (now !== duty) seen.push(`${minute(at)} ${now} on duty`);
      for (const name of all.slice(count)) seen.push(`${minute(at)} ${name} told`);
      [duty, count] = [now, all.length];
    }
    return seen;
  }

  it('comes once on the night in which the clock shows it twice, and takes an open alarm along once (F-43)', async () => {
    expect(await live('2026-10-25T00:20:00Z', 100)).toEqual([
      ...['00:20 anna on duty', '00:20 anna told', '00:30 ben on duty', '00:30 ben told'],
    ]);
  });

  it('comes when the clock jumps on the night in which there is no such time, and takes an open alarm along once (F-43)', async () => {
    expect(await live('2027-03-28T00:50:00Z', 100)).toEqual([
      ...['00:50 anna on duty', '00:50 anna told', '01:00 ben on duty', '01:00 ben told'],
    ]);
  });
});

import { type LogFields, silentLog } from '@relais/observability';
import { EngineWorld } from './engine-world.js';

describe('the log of the engine', () => {
  let world: EngineWorld;

  beforeEach(async () => {
    world = await EngineWorld.open();
  });
  afterEach(() => world.close());

  it('tells once that cycle after cycle fails, and once that they go well again', async () => {
    const lines: LogFields[] = [];
    const write = (fields: LogFields) => void lines.push(fields);
    const engine = world.newEngine(world.dispatcher, { ...silentLog, info: write, error: write });

    await world.asOwner('ALTER TABLE timer RENAME TO timer_away');
    engine.start();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await world.asOwner('ALTER TABLE timer_away RENAME TO timer');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await engine.stop();

    expect(lines.map(({ event }) => event)).toEqual(['alerting.cycle_failed', 'alerting.cycle_recovered']);
    expect(lines[1]?.count).toBeGreaterThan(1);
  });
});

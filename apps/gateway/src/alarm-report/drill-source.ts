import type { Bus } from '@relais/bus';
import { type Drill, listEscalationPolicies, listPools, listRosters, readDrill } from '@relais/contracts';
import type { UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import { readNames } from './names.js';

export interface WholeDrill {
  drill: Drill;
  nameOf: (userId: UserId) => string;
  /** The name of a pool, a roster or a policy; the id of what is gone. */
  titleOf: (id: string) => string;
}

/** A drill as its reader may see it. @throws AppError `forbidden`, `drill_not_found` before anything else was read */
export async function openDrill(bus: Bus, drillId: string, reader: Principal): Promise<WholeDrill> {
  const { token } = reader;
  const drill = await bus.request(readDrill, { drillId }, { token });
  const [nameOf, pools, rosters, policies] = await Promise.all([
    readNames(bus, reader),
    bus.request(listPools, {}, { token }),
    bus.request(listRosters, {}, { token }),
    bus.request(listEscalationPolicies, {}, { token }),
  ]);
  const titles = new Map<string, string>([
    ...pools.items.map(({ id, name }) => [id, name] as const),
    ...rosters.items.map(({ id, name }) => [id, name] as const),
    ...policies.items.map(({ id, policy }) => [id, policy.name] as const),
  ]);
  return { drill, nameOf, titleOf: (id) => titles.get(id) ?? id };
}

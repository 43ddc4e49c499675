import type { Violations } from '../checker/checker.js';
import type { Random } from '../world/random.js';
import type { Workload } from '../world/workload.js';
import type { Preloads, World } from '../world/world.js';

export interface FaultContext {
  world: World;
  workload: Workload;
  random: Random;
}

/** Counts that must be 0, by name. */
export type Counts = () => Record<string, number>;

/** A bug that the case must notice: without one, a green case proves nothing. */
export interface Mutation {
  name: string;
  /** What is loaded into the services instead of the case's own fault points. */
  preloads?: Preloads;
  /** What is changed in the harness or around it; returns how to undo it. */
  apply?(world: World): Promise<() => Promise<void> | void>;
}

export interface FaultCase {
  id: string;
  title: string;
  /** Fault points in the services. */
  preloads?: Preloads;
  /** Entries per second; default 150. */
  perSecond?: number;
  /**
   * Runs while the load goes on, after two seconds of calm, and heals what it broke.
   *
   * @returns what to look at once all is quiet, where the case promises more than the invariants: as `extra`
   */
  inject(context: FaultContext): Promise<Counts | void>;
  /** What must hold beside the invariants: counts that must be 0, by name. */
  extra?(context: FaultContext): Promise<Record<string, number>>;
  mutation: Mutation;
  /** Further bugs that it must notice, each in a run of its own. */
  moreMutations?: readonly Mutation[];
  /** Why it cannot run on this machine, or undefined when it can. */
  impossible?(): string | undefined;
  /** Replicas of the gateway; default two, as of everything else. */
  gateways?: number;
  /** Needs a PostgreSQL whose disk can lose power. */
  onLoopDisk?: boolean;
}

export interface FaultResult {
  id: string;
  mutation: string | undefined;
  seed: number;
  sent: number;
  acknowledged: number;
  unknown: number;
  refused: number;
  resent: number;
  restarts: number;
  settledMs: number | undefined;
  violations: Violations;
  extra: Record<string, number>;
  passed: boolean;
}

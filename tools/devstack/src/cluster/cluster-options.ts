import type { ServiceName } from '@relais/contracts';
import { SERVICE_NAMES } from '../secrets.js';
import type { ServerOptions } from '../servers/servers.js';
import type { Env, Replica } from './replica.js';

export interface ClusterOptions extends ServerOptions {
  /** Name of the stack under `.devstack/`. */
  name: string;
  /** Replicas of each service; 1 when not given. */
  replicas?: Partial<Record<ServiceName, number>>;
  /** Ends with the process that started it: if that is killed, the next start of any stack cleans up. */
  isTemporary?: boolean;
  /** What one replica gets on top of, or instead of, its usual environment: to put a proxy before a server, for example. */
  env?: (replica: Replica, usual: Env) => Env;
  /** Whether a replica is of this checkout although the others are of another one: docs/releases/README.md. */
  isOfThisCheckout?: (replica: Replica) => boolean;
  /** Arguments of Node itself, such as memory limits. */
  nodeArgs?: readonly string[];
  /** Longest time from start to ready of a replica, ms. */
  readyDeadlineMs?: number;
  /** Told whenever a replica that this process has started ends. */
  onEnd?: (ending: Ending) => void;
}

export interface Ending {
  /** Of the replica. */
  name: string;
  pid: number;
  /** Its exit code, or the signal that ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Whether the cluster was told to end it. */
  wasAsked: boolean;
  /** What it said last; what was being written when it was killed may come in any order. */
  lastLines: string;
}

/** The operator works on a Kubernetes, which there is none of here. */
export const HERE = SERVICE_NAMES.filter((service) => service !== 'operator');

/** Every replica these options ask for, numbered from 1. */
export const replicasOf = ({ replicas }: Pick<ClusterOptions, 'replicas'>): Replica[] =>
  HERE.flatMap((service) =>
    Array.from({ length: replicas?.[service] ?? 1 }, (_, index) => ({
      service,
      number: index + 1,
      name: `${service}-${index + 1}`,
    })),
  );

import type { Condition } from '../kubernetes/conditions.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { WrittenStatus } from '../kubernetes/status.js';

/** With the value `paused`, the policy's surges are on hold: nothing is raised, and nothing is taken back. */
export const SURGE_ANNOTATION = 'relais.io/surge';

/** How many gateways there are, and how many more before many people come at once. */
export interface SurgePolicy extends KubernetesObject {
  spec: SurgeSpec;
  status?: SurgeStatus;
}

export interface SurgeSpec {
  /** The Deployment that is scaled. */
  target: string;
  minReplicas: number;
  maxReplicas: number;
  cpuPercent: number;
  /** Sockets per pod; without it, CPU alone decides. */
  connectionsPerPod?: number;
  surge: {
    /** The minimum during a surge; never more than `maxReplicas`. */
    replicas: number;
    /** Alarms to fewer people raise nothing. */
    minRecipients: number;
    holdSeconds: number;
    /** Afterwards the minimum goes down by one after each of these. */
    stepSeconds: number;
    /** Later ones prolong nothing and raise nothing until an hour has passed. */
    maxPerHour: number;
  };
}

/** What has been decided: with it any leader goes on where another ended. */
export interface SurgeStatus extends WrittenStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  /** The minimum that was last asked for. */
  minReplicas?: number;
  readyReplicas?: number;
  surge?: Surge;
  /** When surges began, of the last hour. */
  begunAt?: string[];
  /** What was taken into account already, newest last. */
  handled?: string[];
}

export interface Surge {
  cause: 'alarm' | 'outage';
  replicas: number;
  since: string;
  until: string;
  /** When as many were ready. */
  reachedAt?: string;
}

/** What is going to bring many people. */
export interface Trigger {
  /** The same for the same alarm, however often it is told. */
  id: string;
  cause: 'alarm' | 'outage';
  at: Date;
  /** Unknown for the switch: everybody. */
  recipients: number;
}

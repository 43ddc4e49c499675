import type { Severity } from '@relais/contracts';
import { GROUP_VERSION } from '../kubernetes/objects.js';
import type { Conditioned } from '../kubernetes/reconcile.js';

/** Alerts of this namespace go to this policy. */
export interface AlertRoute extends Conditioned<RouteDone> {
  spec: AlertRouteSpec;
}

export interface AlertRouteSpec {
  policyId: string;
  /** Of alerts whose label says nothing else. */
  severity?: Severity;
  /** What the label `severity` calls them, and what they are here. */
  severities?: Record<string, Severity>;
  /** The Secret with `url` and `token`; named after the route where it is not given. */
  secretName?: string;
  /** Another number gives another secret. */
  secretRevision?: number;
  /** For how long the secret before is taken after that. */
  overlapSeconds?: number;
  isPaused?: boolean;
}

/** What has been done: with it any leader goes on where another ended. */
export interface RouteDone {
  sourceId: string;
  /** What the Secret holds; not the secret itself. */
  secret: WrittenSecret;
}

export interface WrittenSecret {
  name: string;
  url: string;
  revision: number;
  /** As the source has it. */
  id?: string;
}

export const routesOf = (namespace: string): string => `/apis/${GROUP_VERSION}/namespaces/${namespace}/alertroutes`;

import { randomBytes } from 'node:crypto';
import { Cluster, type Env } from '@relais/devstack';
import { Organization } from './organization.js';
import { leaveAll } from './person.js';

export interface SystemOptions {
  name: string;
  replicas: number;
  /** For every replica of every service. */
  env: Env;
}

/** A whole cluster with two organizations that know nothing of each other. */
export class System {
  private constructor(
    readonly cluster: Cluster,
    readonly gateways: readonly string[],
    readonly acme: Organization,
    readonly rival: Organization,
  ) {}

  static async start({ name, replicas, env }: SystemOptions): Promise<System> {
    const secondToken = randomBytes(24).toString('base64url');
    const cluster = await Cluster.start({
      name,
      isTemporary: true,
      replicas: { auth: replicas, messaging: replicas, alerting: replicas, gateway: replicas },
      env: (_replica, usual) => ({
        ...env,
        ...(usual.BOOTSTRAP_TOKEN ? { BOOTSTRAP_TOKEN: `${usual.BOOTSTRAP_TOKEN},${secondToken}` } : {}),
      }),
    });
    const gateways = await cluster.gatewayUrls();
    const acme = await Organization.found(gateways, cluster.bootstrapToken, 'acme');
    const rival = await Organization.found(gateways, secondToken, 'rival');
    return new System(cluster, gateways, acme, rival);
  }

  async close(): Promise<void> {
    await leaveAll();
    await this.cluster.close({ purge: true });
  }
}

/** The cluster of a spec file: there once its `beforeAll` is through. */
export type Running = () => System;

/** Waits for something that happens by itself. @throws Error after the deadline */
export async function eventually(isTrue: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`did not happen within ${withinMs} ms: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

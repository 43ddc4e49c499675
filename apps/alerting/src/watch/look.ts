import type { Probe, ProbeCheck, ProbeProblem } from '@relais/contracts';
import type { ReachableAddresses } from './addresses.js';
import { checkGraph } from './check-graph.js';
import { checkHttp } from './check-http.js';
import { checkOidc } from './check-oidc.js';
import { checkSmtp } from './check-smtp.js';
import { checkTcp } from './check-tcp.js';
import { ProbeFailure } from './probe-failure.js';
import { Web } from './web.js';

export interface Looked {
  outcome: 'ok' | 'failed';
  latencyMs: number;
  problem?: ProbeProblem;
}

/** Looks at one thing, once, within the probe's time. */
export async function look(
  { check, timeoutMs }: Pick<Probe, 'check' | 'timeoutMs'>,
  reachable: ReachableAddresses,
  stopping: AbortSignal,
): Promise<Looked> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([timeout, stopping]);
  const beganAtMs = performance.now();
  const latencyMs = () => Math.round(performance.now() - beganAtMs);
  try {
    await run(check, reachable, signal);
    return { outcome: 'ok', latencyMs: latencyMs() };
  } catch (error) {
    stopping.throwIfAborted();
    if (timeout.aborted) return { outcome: 'failed', latencyMs: latencyMs(), problem: 'timeout' };
    const problem = error instanceof ProbeFailure ? error.problem : 'unreachable';
    return { outcome: 'failed', latencyMs: latencyMs(), problem };
  }
}

function run(check: ProbeCheck, reachable: ReachableAddresses, signal: AbortSignal): Promise<void> {
  switch (check.kind) {
    case 'http':
      return checkHttp(check, new Web(reachable, signal));
    case 'tcp':
      return checkTcp(check, reachable, signal);
    case 'smtp':
      return checkSmtp(check, reachable, signal);
    case 'oidc':
      return checkOidc(check, new Web(reachable, signal));
    case 'graph':
      return checkGraph(check, new Web(reachable, signal));
  }
}

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AppError, type OrganizationId } from '@relais/kernel';
import { mappingEnded } from '../metrics.js';
import type { MappingJob, MappingResult } from './mapping-worker.js';

const TIME_MS = 250;
const START_MS = 10_000;
const MOST_WAITING = 200;
/** Who took too long waits, so that others do not wait for them. */
const PENALTY_MS = 10_000;
const MOST_PENALTIES = 10_000;
const MEMORY = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, codeRangeSizeMb: 16, stackSizeMb: 2 };
/** Beside this file, built or not. */
const FILE = new URL(import.meta.url.endsWith('.ts') ? './mapping-worker.ts' : './mapping-worker.js', import.meta.url);

/** Whose expression it is: a source pays for taking too long, and organizations have no thread in common. */
export interface Owner {
  organizationId: OrganizationId;
  sourceId: string;
}

/** A mapping that cannot be read, throws, takes too long, or takes too much. The message says why. */
export class MappingFailed extends Error {
  override readonly name = 'MappingFailed';
}

/**
 * Evaluates expressions of others over bodies of others, in a thread with nothing but them and of one organization only:
 * 250 ms, 64 MiB, 200 calls deep, and a result of 64 KiB. What goes beyond ends with its thread. One at a time.
 */
@Injectable()
export class MappingSandbox implements OnApplicationShutdown {
  private worker: Promise<Worker> | undefined;
  private workerOf: OrganizationId | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private readonly penalties = new Map<string, number>();

  /**
   * @returns JSON, or null for no result
   * @throws MappingFailed
   * @throws AppError `overloaded` when too many wait
   */
  async map(owner: Owner, job: MappingJob): Promise<string | null> {
    if ((this.penalties.get(owner.sourceId) ?? 0) > performance.now())
      throw new MappingFailed(`not tried: it took longer than ${TIME_MS} ms a moment ago`);
    if (this.waiting >= MOST_WAITING)
      throw new AppError('unavailable', 'overloaded', undefined, { retryAfterMs: 1_000 });
    this.waiting += 1;
    const mine = this.last.then(() => this.evaluate(owner, job));
    this.last = mine.catch(() => undefined).finally(() => (this.waiting -= 1));
    return mine;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  private async stop(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await (await worker?.catch(() => undefined))?.terminate();
  }

  private async evaluate(owner: Owner, job: MappingJob): Promise<string | null> {
    if (this.workerOf !== owner.organizationId) await this.stop();
    this.workerOf = owner.organizationId;
    const worker = await (this.worker ??= start());
    const signal = AbortSignal.timeout(TIME_MS);
    worker.postMessage(job);
    let result: MappingResult;
    try {
      [result] = (await once(worker, 'message', { signal })) as [MappingResult];
    } catch {
      await this.stop();
      throw this.stopped(owner, signal.aborted);
    }
    mappingEnded('problem' in result ? 'failed' : 'ok');
    if ('problem' in result) throw new MappingFailed(result.problem);
    return 'json' in result ? result.json : null;
  }

  private stopped({ sourceId }: Owner, isTime: boolean): MappingFailed {
    mappingEnded('stopped');
    if (this.penalties.size >= MOST_PENALTIES) this.penalties.clear();
    this.penalties.set(sourceId, performance.now() + PENALTY_MS);
    return new MappingFailed(isTime ? `it takes longer than ${TIME_MS} ms` : 'it takes more memory than it may');
  }
}

async function start(): Promise<Worker> {
  const worker = new Worker(FILE, { env: {}, execArgv: [], resourceLimits: MEMORY, stdin: false });
  worker.unref();
  // Heard where it matters; without a listener a thread that ends badly would end the service.
  worker.on('error', () => undefined);
  await once(worker, 'message', { signal: AbortSignal.timeout(START_MS) });
  return worker;
}

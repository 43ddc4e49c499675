import type { Redis } from 'ioredis';
import { UsedIds } from './used-ids.js';

/** Ids that all replicas share. Fails as its client fails: soon, and without having decided. */
export class RedisUsedIds extends UsedIds {
  /** @param purpose begins every key, so that ids of two kinds never meet */
  constructor(
    private readonly redis: Redis,
    private readonly purpose: string,
  ) {
    super();
  }

  async use(id: string, forMs: number): Promise<boolean> {
    const key = `used:${this.purpose}:${id}`;
    return (await this.redis.set(key, '', 'PX', Math.max(1, Math.ceil(forMs)), 'NX')) === 'OK';
  }
}

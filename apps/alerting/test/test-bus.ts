import { Bus } from '@relais/bus';
import {
  type Audience,
  expandAudience,
  findPeopleNear,
  listPoolIds,
  permission,
  type Permission,
  readMyPermissions,
  type RequestContract,
} from '@relais/contracts';
import { AppError, type PoolId, type UserId } from '@relais/kernel';
import type { z } from 'zod';

/** Answers for auth: who is there, who is in which pool, and what the asker may do. */
export class TestBus extends Bus {
  people: UserId[] = [];
  readonly pools = new Map<PoolId, UserId[]>();
  permissions: Permission[] = [...permission.options];
  /** Whether whoever asks has shown lately who they are. */
  isFresh = true;
  /** Whom the raiser may not alarm. */
  readonly untouchable = new Set<UserId>();
  /** What else is answered, in the name of another service. */
  readonly answers = new Map<RequestContract, (asked: never) => Promise<unknown>>();
  isDown = false;
  /** Who is near any place; nobody answers for presence while it is null. */
  near: UserId[] | null = null;
  lastNear: unknown;

  override request<In extends z.ZodType, Out extends z.ZodType, Code extends string>(
    contract: RequestContract<In, Out, Code>,
    input: z.input<In>,
  ): Promise<z.output<Out>> {
    if (this.isDown) return Promise.reject(new Error('auth is away'));
    const asked = contract.input.parse(input) as unknown;
    if ((contract as unknown) === readMyPermissions)
      return answer(contract, {
        ...{ role: 'member', permissions: this.permissions.map((one) => ({ permission: one })), isFresh: this.isFresh },
      });
    if ((contract as unknown) === expandAudience)
      return answer(contract, { userIds: this.expand(asked as Audience & { from?: UserId }) });
    if ((contract as unknown) === listPoolIds) return answer(contract, { poolIds: [...this.pools.keys()] });
    if ((contract as unknown) === findPeopleNear) {
      this.lastNear = asked;
      return this.near
        ? answer(contract, { userIds: this.near })
        : Promise.reject(new AppError('unavailable', 'bus_no_responders', contract.subject));
    }
    const own = this.answers.get(contract as never);
    if (own) return own(asked as never).then((value) => contract.output.parse(value) as z.output<Out>);
    return Promise.reject(new Error(`nobody answers ${contract.subject}`));
  }

  override signal(): void {
    throw new Error('not used');
  }

  override hear(): () => void {
    return () => undefined;
  }

  private expand({ userIds, poolIds, everyone, from }: Audience & { from?: UserId }): UserId[] {
    const wanted = new Set([...userIds, ...poolIds.flatMap((id) => this.pools.get(id) ?? [])]);
    return this.people.filter((id) => (everyone || wanted.has(id)) && !(from && this.untouchable.has(id))).toSorted();
  }
}

const answer = <Out extends z.ZodType>({ output }: { output: Out }, value: unknown): Promise<z.output<Out>> =>
  Promise.resolve(output.parse(value) as z.output<Out>);

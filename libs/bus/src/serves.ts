import type { RequestContract } from '@relais/contracts';
import type { Principal } from '@relais/security';
import { DiscoveryService } from '@nestjs/core';
import type { z } from 'zod';

/** What a handler knows beside its input. */
export interface RequestContext {
  /** Who asks, verified here and now. Only where the contract's access is `user`; otherwise reading it throws. */
  readonly principal: Principal;
  /** Whether the asker has given up waiting: work not yet begun may be dropped. */
  isAbandoned(): boolean;
}

/** Marks the methods that answer contracts. `BusServer` finds them. */
export const ServesContract = DiscoveryService.createDecorator<RequestContract>();

/** Answers a contract: the method receives its parsed input and the context, and returns its output. */
export const Serves = <In extends z.ZodType, Out extends z.ZodType, Code extends string>(
  contract: RequestContract<In, Out, Code>,
) =>
  ServesContract(contract as unknown as RequestContract) as <
    Handler extends (input: z.output<In>, context: RequestContext) => Promise<z.input<Out>>,
  >(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Handler>,
  ) => void;

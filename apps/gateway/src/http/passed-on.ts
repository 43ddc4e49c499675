import { invalidRequest, type RequestContract } from '@relais/contracts';
import type { z } from 'zod';

/**
 * What a machine said, as the contract wants it: checked here, and passed on as it came.
 *
 * @throws AppError `invalid_request`
 */
export function passedOn<In extends z.ZodType>(contract: RequestContract<In>, said: object): z.input<In> {
  const input = contract.input.safeParse(said);
  if (!input.success) throw invalidRequest(input.error);
  return said as z.input<In>;
}

import { HTTP_STATUS } from '@relais/contracts';
import type { ErrorKind } from '@relais/kernel';

/** The one code whose status says more than its kind. */
export const statusOf = (code: string, kind: ErrorKind): number =>
  code === 'method_not_allowed' ? 405 : HTTP_STATUS[kind];

import { SCIM_MEDIA_TYPE, SCIM_PATH } from '@relais/contracts';
import type { Problem } from '../http/problem.js';

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** Whether an address is one of SCIM, whose clients read errors of another form than ours. */
export const isScim = (url: string | undefined): boolean =>
  url !== undefined && (url === SCIM_PATH || url.startsWith(`${SCIM_PATH}/`) || url.startsWith(`${SCIM_PATH}?`));

/** A problem in the words of RFC 7644, 3.12. */
export function scimProblem({ status, headers, body }: Problem): Problem {
  const { code } = JSON.parse(body) as { code: string };
  const error = { schemas: [ERROR_SCHEMA], status: String(status), detail: code };
  return {
    status,
    headers: { ...headers, 'content-type': SCIM_MEDIA_TYPE },
    body: JSON.stringify(error),
  };
}

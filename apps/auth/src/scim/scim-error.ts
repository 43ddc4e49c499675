import type { ScimAnswer } from '@relais/contracts';

export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue';

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** A refusal in the words of RFC 7644, 3.12. */
export class ScimError extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly scimType?: ScimType,
    readonly retryAfterSeconds?: number,
  ) {
    super(detail);
  }

  toAnswer(): ScimAnswer {
    const { status, scimType, message, retryAfterSeconds } = this;
    const error = { schemas: [ERROR_SCHEMA], status: String(status), scimType, detail: message };
    return { status, body: JSON.stringify(error), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }
}

export const badRequest = (scimType: ScimType, detail: string): ScimError => new ScimError(400, detail, scimType);
export const notFound = (kind: string): ScimError => new ScimError(404, `no such ${kind}`);

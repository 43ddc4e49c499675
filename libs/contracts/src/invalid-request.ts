import { AppError } from '@relais/kernel';
import type { z } from 'zod';

const MOST_ISSUES = 3;
const MOST_CHARACTERS = 400;

/** What a contract does not take, field by field: names and rules, never the values that were sent. */
export function invalidRequest({ issues }: z.ZodError): AppError {
  const told = issues.slice(0, MOST_ISSUES).map(({ path, message }) => {
    const field = path.map(String).join('.');
    return field === '' ? message : `${field}: ${message}`;
  });
  const more = issues.length > MOST_ISSUES ? [`and ${issues.length - MOST_ISSUES} more`] : [];
  return notTaken([...told, ...more].join('; ').slice(0, MOST_CHARACTERS));
}

/** A request that is not of the form that is expected. */
export const notTaken = (says: string): AppError => new AppError('invalid', 'invalid_request', undefined, { says });

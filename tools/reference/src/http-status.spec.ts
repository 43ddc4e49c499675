import { AppError, ERROR_KINDS, type ErrorKind } from '@relais/kernel';
import { HTTP_STATUS } from './http-status.js';
import { problemSchemas } from './openapi-problems.js';

interface Problem {
  status: number;
  body: string;
}

/** The gateway's own code: nothing may depend on an app, so a test looks at it by its place. */
const gateway = (await import(new URL('../../../apps/gateway/src/http/problem.filter.ts', import.meta.url).href)) as {
  problemOf(error: AppError): Problem;
};

describe('what the reference says about problems', () => {
  const problemOf = (kind: ErrorKind) =>
    gateway.problemOf(new AppError(kind, 'some_code', undefined, { retryAfterMs: 1 }));

  it.each(ERROR_KINDS)('has the status that the gateway answers for %s', (kind) => {
    expect(HTTP_STATUS[kind]).toBe(problemOf(kind).status);
  });

  it('has exactly the members that the gateway writes', () => {
    const written = Object.keys(JSON.parse(problemOf('unavailable').body) as object);
    expect(Object.keys(problemSchemas.Problem.properties).sort()).toEqual(written.sort());
  });
});

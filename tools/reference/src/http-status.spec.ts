import { AppError } from '@relais/kernel';
import { problemSchemas } from './openapi-problems.js';

/** The gateway's own code: nothing may depend on an app, so a test looks at it by its place. */
const gateway = (await import(new URL('../../../apps/gateway/src/http/problem.ts', import.meta.url).href)) as {
  problemOf(error: AppError): { status: number; body: string };
};

describe('what the reference says about problems', () => {
  it('has exactly the members that the gateway writes', () => {
    const { body } = gateway.problemOf(
      new AppError('unavailable', 'some_code', undefined, { retryAfterMs: 1, says: 'wait', details: {} }),
    );

    const written = Object.keys(JSON.parse(body) as object);
    expect(Object.keys(problemSchemas.Problem.properties).sort()).toEqual(written.sort());
  });
});

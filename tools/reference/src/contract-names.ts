import * as contracts from '@relais/contracts';

const hasSubject = (value: unknown): value is { subject: string } =>
  typeof value === 'object' && value !== null && 'subject' in value && typeof value.subject === 'string';

/** The name each contract is exported under, by its subject. */
export const contractNames = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries<unknown>(contracts).flatMap(([name, value]) =>
      hasSubject(value) ? [[value.subject, name] as const] : [],
    ),
  );

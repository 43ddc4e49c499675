import { z } from 'zod';

/** One setting of the user's own, for every replica of a service. */
export const setting = z.object({
  service: z.string(),
  /** As the service reads it; `NAME_FILE` may stand in for any `NAME`. */
  name: z.string(),
  value: z.string(),
  isSecret: z.boolean(),
});
export type Setting = z.infer<typeof setting>;

/** `NAME`, also of a setting that gives the file it is in. */
const variableOf = ({ name }: Setting): string => name.replace(/_FILE$/, '');

const isOfSame = (a: Setting, b: Setting): boolean => a.service === b.service && variableOf(a) === variableOf(b);

/** What is in force after these were given: each takes the place of the one before, and an empty value takes it back. */
export function combine(kept: readonly Setting[], given: readonly Setting[]): Setting[] {
  const all = given.reduce((sum, one) => [...sum.filter((other) => !isOfSame(other, one)), one], [...kept]);
  return all.filter(({ value }) => value !== '').sort((a, b) => (fullName(a) < fullName(b) ? -1 : 1));
}

const fullName = ({ service, name }: Setting): string => `${service}.${name}`;

/** The services whose replicas would run with something else. */
export function servicesThatDiffer(before: readonly Setting[], after: readonly Setting[]): string[] {
  const services = [...new Set([...before, ...after].map(({ service }) => service))];
  const of = (all: readonly Setting[], service: string) => JSON.stringify(environmentFor(service, all));
  return services.filter((service) => of(before, service) !== of(after, service));
}

/** What they are in the environment of a service. A file takes the place of a value that the stack would give. */
export const environmentFor = (service: string, settings: readonly Setting[]): Record<string, string> =>
  Object.assign(
    {},
    ...settings
      .filter((one) => one.service === service)
      .map((one) => ({ [variableOf(one)]: '', [one.name]: one.value })),
  ) as Record<string, string>;

/** For people to read: secrets are not shown. */
export const shown = (one: Setting): string => `${fullName(one)}=${one.isSecret ? '(secret)' : one.value}`;

import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../json-file.js';
import type { Stack } from '../stack.js';
import { type Setting, combine, servicesThatDiffer, setting } from './setting.js';

export const settingsFile = (stack: Stack): string => join(stack.directory, 'settings.json');

/** The settings of the user's own that hold for this stack, until they are changed or it is purged. */
export const settingsOf = (stack: Stack): Setting[] => readJson(settingsFile(stack), z.array(setting)) ?? [];

/**
 * Keeps with the stack what was given. Replicas of services for which that changes anything are ended before, so that
 * whatever runs, runs with what is kept.
 * @returns the names of those that were ended
 */
export async function changeSettings(stack: Stack, given: readonly Setting[]): Promise<string[]> {
  const before = settingsOf(stack);
  const after = combine(before, given);
  const services = servicesThatDiffer(before, after);
  if (services.length === 0) return [];
  const running = stack.processes.map(({ name }) => name).filter((name) => stack.running(name));
  const outdated = running.filter((name) => services.some((service) => name.startsWith(`${service}-`)));
  await Promise.all(outdated.map((name) => stack.stop(name)));
  writeJson(settingsFile(stack), after);
  return outdated;
}

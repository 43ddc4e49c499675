import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncapi } from './asyncapi.js';
import { closeCodes } from './close-codes.js';
import { chartPages } from './chart/pages.js';
import { config, envExample } from './config.js';
import { errors } from './errors.js';
import { metrics, unbuiltMetrics } from './metrics.js';
import { natsPermissions } from './nats-permissions.js';
import { openapi } from './openapi.js';
import { type Page, REFERENCE } from './page.js';
import { withPostgres } from './postgres-server.js';
import { majorOf, schemas, unbuiltMigrations } from './schema-sql.js';
import { subjects } from './subjects.js';
import { unbuiltServices, variables } from './variables.js';
import { workspace } from './workspace.js';

export interface Pages {
  pages: Page[];
  /** Why a page cannot be made on this machine; what is checked in stays as it is. */
  skipped: string[];
  /** Modules that must be built first: their pages are neither written nor right. */
  unbuilt: string[];
}

/** What follows from the contracts alone. */
export const contractPages = (): Page[] => [
  openapi(),
  asyncapi(),
  subjects(),
  ...natsPermissions(),
  errors(),
  closeCodes(),
];

/** Everything in docs/reference. */
export const allPages = async (): Promise<Pages> => {
  const parts = [contractPart(), await configPages(), await metricPages(), await schemaPages()];
  return {
    pages: parts.flatMap(({ pages }) => pages),
    skipped: parts.flatMap(({ skipped }) => skipped),
    unbuilt: parts.flatMap(({ unbuilt }) => unbuilt),
  };
};

const made = (...pages: Page[]): Pages => ({ pages, skipped: [], unbuilt: [] });
const skip = (reason: string): Pages => ({ pages: [], skipped: [reason], unbuilt: [] });
const needs = (unbuilt: string[]): Pages => ({ pages: [], skipped: [], unbuilt });

const contractPart = (): Pages => made(...contractPages());

const configPages = async (): Promise<Pages> => {
  const unbuilt = unbuiltServices();
  if (unbuilt.length > 0) return needs(unbuilt);
  const all = await variables();
  return made(config(all), envExample(all), ...(await chartPages()));
};

const metricPages = async (): Promise<Pages> => {
  const unbuilt = unbuiltMetrics();
  return unbuilt.length > 0 ? needs(unbuilt) : made(await metrics());
};

const schemaPages = async (): Promise<Pages> => {
  const unbuilt = unbuiltMigrations();
  if (unbuilt.length > 0) return needs(unbuilt);
  const dumped = await withPostgres(async (server) => {
    const major = writtenBy();
    if (major !== undefined && major !== server.major) return `written by PostgreSQL ${major}, here is ${server.major}`;
    return schemas(server);
  });
  return typeof dumped === 'string' ? skip(`schema: ${dumped}`) : made(...dumped);
};

/** The version that the checked-in schema comes from: another one would say the same in other words. */
const writtenBy = (): number | undefined => {
  const file = join(workspace, REFERENCE, 'schema/auth.sql');
  return existsSync(file) ? majorOf(readFileSync(file, 'utf8')) : undefined;
};

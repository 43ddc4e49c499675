import { asyncapi } from './asyncapi.js';
import { closeCodes } from './close-codes.js';
import { errors } from './errors.js';
import { openapi } from './openapi.js';
import type { Page } from './page.js';
import { subjects } from './subjects.js';

/** What follows from the contracts alone. */
export const contractPages = (): Page[] => [openapi(), asyncapi(), subjects(), errors(), closeCodes()];

/** Everything in docs/reference, and why a page could not be made here. */
export const allPages = async (): Promise<{ pages: Page[]; skipped: string[] }> => ({
  pages: contractPages(),
  skipped: [],
});

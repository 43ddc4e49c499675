import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const rootAbove = (folder: string): string =>
  existsSync(join(folder, 'nx.json')) ? folder : rootAbove(dirname(folder));

/** The root of the checkout, from src and from dist alike. */
export const workspace = rootAbove(import.meta.dirname);

/**
 * A compiled module of any project, apps included: nothing may depend on an app, so the generator looks at what was built.
 *
 * @throws Error when it is not built.
 */
export const built = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
  const file = join(workspace, path);
  if (!existsSync(file)) throw new Error(`${path} is not there: run npm run build first`);
  return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
};

export const isBuilt = (path: string): boolean => existsSync(join(workspace, path));

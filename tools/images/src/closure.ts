/** A package as package-lock.json has it. */
export interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  license?: string;
  link?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}
export type Lock = Readonly<Record<string, Locked>>;

/** One package that an image needs, by its place in the checkout. */
export interface Needed {
  /** `node_modules/zod`, or `libs/bus` for a project of ours. */
  path: string;
  name: string;
  locked: Locked;
  isOurs: boolean;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/**
 * What the projects need at run time, and what that needs: found in the lock as Node finds it on disk. Optional packages count
 * when they are installed, which is how binaries for other machines are left out.
 */
export function closureOf(projects: readonly string[], lock: Lock, isInstalled: (path: string) => boolean): Needed[] {
  const found = new Map<string, Needed>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    const locked = lock[path];
    if (!locked) throw new Error(`package-lock.json has no ${path}: run npm install`);
    if (locked.link) return visit(locked.resolved!);
    const isOurs = !path.includes('node_modules/');
    found.set(path, { path, locked, isOurs, name: isOurs ? path : nameOf(path) });
    for (const name of [...Object.keys(locked.dependencies ?? {}), ...peersOf(locked)])
      visit(placeOf(path, name, lock));
    for (const name of Object.keys(locked.optionalDependencies ?? {})) {
      const place = findPlace(path, name, lock);
      if (place && isInstalled(place)) visit(place);
    }
  };
  projects.forEach(visit);
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What a package wants to find beside it; those that it can do without are there when somebody asks for them. */
const peersOf = ({ peerDependencies = {}, peerDependenciesMeta = {} }: Locked): string[] =>
  Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);

function placeOf(path: string, name: string, lock: Lock): string {
  const place = findPlace(path, name, lock);
  if (!place) throw new Error(`package-lock.json has no ${name} for ${path}: run npm install`);
  return place;
}

/** From inside to outside: a package's own node_modules first. */
function findPlace(path: string, name: string, lock: Lock): string | undefined {
  const own = `${path}/node_modules/${name}`;
  if (lock[own]) return own;
  const outside = path.lastIndexOf('/node_modules/');
  if (outside >= 0) return findPlace(path.slice(0, outside), name, lock);
  const top = `node_modules/${name}`;
  return lock[top] ? top : undefined;
}

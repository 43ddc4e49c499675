import { posix, relative, sep } from 'node:path';
import { declaredBy, mayImport, offers, projectOf } from './projects.mjs';

const isTest = (path) =>
  /\.spec\.ts$|\.contract\.ts$/.test(path) ||
  path.startsWith('libs/testing/') ||
  /^(apps|libs|tools)\/[^/]+\/test\//.test(path);

const FAKES = '*.spec.ts and libs/testing';

/** Packages that only files of one world may import: what, where, and how the world is called. */
const WORLDS = [
  {
    packages: /^(typeorm|@nestjs\/typeorm|pg)$/,
    files: /\.(postgres|entity)\.ts$|\/app\.module\.ts$|\/database\/|^libs\/database\/|^tools\/|^load-tests\//,
    only: '*.postgres.ts, *.entity.ts, app.module.ts and database/',
  },
  { packages: /^ioredis$/, files: /\.redis\.ts$|^libs\/redis\//, only: '*.redis.ts and libs/redis' },
  { packages: /^@nats-io\//, files: /^libs\/bus\/|^tools\/devstack\/|^load-tests\//, only: 'libs/bus and the tools' },
  { packages: /^@nestjs\/microservices$/, files: /^$/, only: 'nobody: libs/bus speaks NATS itself; no file' },
  { packages: /^(node:)?process$/, files: /^libs\/config\/|^tools\/|^load-tests\//, only: 'libs/config and the tools' },
  { packages: /^@relais\/testing$|\.contract\.js$/, files: /^load-tests\//, only: `${FAKES} and load-tests` },
  // A lib offers its fakes to the tests of others by its index; who may take them is isFake's business.
  { packages: /\.memory\.js$/, files: /^libs\/[^/]+\/src\/index\.ts$/, only: FAKES },
];

const worldProblem = (path, specifier) => {
  if (isTest(path)) return null;
  const world = WORLDS.find(({ packages, files }) => packages.test(specifier) && !files.test(path));
  return world ? `Only ${world.only} may import ${specifier}` : null;
};

const packageProblem = (root, path, project, specifier) => {
  const [, name, rest] = /^@relais\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (!name) return null;
  if (rest && !offers(root, name, rest)) return `Import @relais/${name}, not a file inside it`;
  if (isTest(path)) return mayImport('tools', name, root) ? null : `Nobody imports an app: @relais/${name}`;
  if (!mayImport(project, name, root)) return `${project} may not import @relais/${name}`;
  return declaredBy(root, project).includes(name) ? null : `${project}/package.json does not declare @relais/${name}`;
};

const relativeProblem = (path, project, specifier) => {
  if (!specifier.startsWith('.')) return null;
  const target = posix.join(posix.dirname(path), specifier);
  return projectOf(`${target}/`) === project ? null : `${specifier} leaves ${project}: import the package by its name`;
};

/** Why the file at `path` (relative to `root`, with slashes) may not import `specifier`; null when it may. */
export const importProblem = (root, path, specifier) => {
  const project = projectOf(path);
  if (!project) return null;
  return (
    worldProblem(path, specifier) ??
    packageProblem(root, path, project, specifier) ??
    relativeProblem(path, project, specifier)
  );
};

const isFake = ({ imported }) => /^Memory[A-Z]/.test(imported?.name ?? '');

/** Import directions between projects, and the world a file's suffix stands for. */
export const boundaries = {
  create(context) {
    const path = relative(context.cwd, context.filename).split(sep).join('/');
    const check = ({ source }) => {
      if (source?.type !== 'Literal') return;
      const message = importProblem(context.cwd, path, String(source.value));
      if (message) context.report({ node: source, message });
    };
    const checkFakes = ({ specifiers }) => {
      for (const node of isTest(path) ? [] : specifiers.filter(isFake)) {
        context.report({ node, message: `Only ${FAKES} may import ${node.imported.name}` });
      }
    };
    return {
      ImportDeclaration(node) {
        check(node);
        checkFakes(node);
      },
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

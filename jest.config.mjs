import preset from './jest.preset.cjs';

/** Three kinds of tests, told apart by suffix alone: docs/testing.md. */
const kind = (displayName, testMatch, more = {}) => ({
  ...preset,
  displayName,
  rootDir: import.meta.dirname,
  testMatch,
  ...more,
});
const under = (glob) => [`<rootDir>/{apps,libs,tools}/*/{src,test}/**/${glob}`, `<rootDir>/load-tests/src/**/${glob}`];

/** For a run that was given no servers. */
const containers = {
  globalSetup: '<rootDir>/libs/testing/jest/start-containers.mjs',
  globalTeardown: '<rootDir>/libs/testing/jest/stop-containers.mjs',
};

export default {
  projects: [
    kind('unit', under('!(*.int|*.e2e).spec.ts')),
    kind('int', under('*.int.spec.ts'), containers),
    // Whole services start and stop in these, several at once: the bound is for what hangs.
    kind('e2e', under('*.e2e.spec.ts'), { ...containers, testTimeout: 20_000 }),
  ],
};

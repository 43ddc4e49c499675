import type { Needed } from './closure.js';

export interface SystemFile {
  path: string;
  package: string;
  version: string;
}

const purlOf = (name: string, version: string): string => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** `sha512-<base64>` as npm writes it → as CycloneDX writes it. */
const hashesOf = (integrity: string | undefined) => {
  const [, base64] = /^sha512-(.+)$/.exec(integrity ?? '') ?? [];
  return base64 ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }] } : {};
};

/** The contents of the image as a CycloneDX 1.6 bill of materials. It says the same for the same contents, at any time. */
export function billOf(
  version: string,
  node: string,
  packages: readonly Needed[],
  system: readonly SystemFile[],
): object {
  const components = [
    ...packages
      .filter(({ isOurs }) => !isOurs)
      .map(({ name, locked }) => ({
        ...{ type: 'library', name, version: locked.version, purl: purlOf(name, locked.version ?? '') },
        ...(locked.license && { licenses: [{ expression: locked.license }] }),
        ...hashesOf(locked.integrity),
      })),
    {
      type: 'application',
      name: 'node',
      version: node,
      purl: `pkg:generic/node@${node}`,
      licenses: [{ expression: 'MIT' }],
    },
    ...[...new Map(system.map((file) => [file.package, file])).values()].map(({ package: name, version: of }) => ({
      ...{ type: 'library', name, version: of, purl: `pkg:deb/debian/${name}@${encodeURIComponent(of)}` },
    })),
  ];
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
    metadata: {
      component: {
        ...{ type: 'container', name: 'relais', version, 'bom-ref': 'relais' },
        licenses: [{ expression: 'Apache-2.0' }],
      },
    },
    components: components.map((component, index) => ({ 'bom-ref': `${index}:${component.name}`, ...component })),
  };
}

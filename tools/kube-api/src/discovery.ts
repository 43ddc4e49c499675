import { groupVersionOf, type Resource } from './resources.js';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** The pages by which a client learns what is served; nothing for another path. */
export function discover(path: string, resources: readonly Resource[]): object | undefined {
  if (path === '/version') return { major: '1', minor: '32', gitVersion: 'v1.32.0', platform: 'linux/amd64' };
  if (path === '/readyz' || path === '/livez') return {};
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(resources) };
  const groupVersion = /^\/api\/(v1)$|^\/apis\/([^/]+\/[^/]+)$/.exec(path)?.slice(1).find(Boolean);
  const served = resources.filter((resource) => groupVersionOf(resource) === groupVersion);
  if (!groupVersion || served.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: served.flatMap(describe) };
}

const describe = ({ plural, kind, namespaced, subresources }: Resource): object[] => [
  { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: VERBS },
  ...subresources.map((name) => ({
    ...{ name: `${plural}/${name}`, singularName: '', namespaced, verbs: ['get', 'patch', 'update'] },
    kind: name === 'scale' ? 'Scale' : kind,
  })),
];

function groupsOf(resources: readonly Resource[]): object[] {
  const groups = [...new Set(resources.map(({ group }) => group))].filter(Boolean);
  return groups.map((name) => {
    const versions = [...new Set(resources.filter(({ group }) => group === name).map(groupVersionOf))].map(
      (groupVersion) => ({
        groupVersion,
        version: groupVersion.split('/')[1],
      }),
    );
    return { name, versions, preferredVersion: versions[0] };
  });
}

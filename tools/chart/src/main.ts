import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { podFindings } from './audit.js';
import { footprintOf } from './footprint.js';
import { render, workspace } from './helm.js';
import { imagesOf } from './images.js';
import { profiles } from './profiles.js';
import { Reachability } from './reachability.js';

/** The evidence of a release: what each profile asks for, what is found in it, and what a cluster has to pull. */
const audit = profiles.map(([profile, rendering]) => {
  const objects = render(rendering);
  return {
    profile,
    podSecurityFindings: objects.flatMap((object) => podFindings(object, { openshift: profile === 'openshift' })),
    networkRulesForNobody: new Reachability(objects).idle(),
    ...footprintOf(objects),
    images: imagesOf(objects),
  };
});

const [directory = join(workspace, 'charts', 'audit')] = process.argv.slice(2);
const write = (name: string, text: string) => {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
write('chart-audit.json', `${JSON.stringify(audit, null, 2)}\n`);
write('images.txt', `${[...new Set(audit.flatMap(({ images }) => images))].toSorted().join('\n')}\n`);
for (const { profile, podSecurityFindings, pods, cpuMillicores, memoryMiB } of audit)
  console.log(
    `${profile}: ${podSecurityFindings.length} findings, ${pods} pods, ${cpuMillicores}m CPU, ${memoryMiB} MiB`,
  );
process.exitCode = audit.some((one) => one.podSecurityFindings.length + one.networkRulesForNobody.length > 0) ? 1 : 0;

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { podFindings } from './audit.js';
import { footprintOf } from './footprint.js';
import { render } from './helm.js';
import { imagesOf } from './images.js';
import { profiles } from './profiles.js';
import { Reachability } from './reachability.js';

/** Of each profile: what it asks for, what is found in it, and what a cluster has to pull. */
export const auditOfProfiles = () =>
  profiles.map(([profile, rendering]) => {
    const objects = render(rendering);
    return {
      profile,
      podSecurityFindings: objects.flatMap((object) => podFindings(object, { openshift: profile === 'openshift' })),
      networkRulesForNobody: new Reachability(objects).idle(),
      ...footprintOf(objects),
      images: imagesOf(objects),
    };
  });

/** Writes the evidence of a release into a folder, which is made. */
export function writeEvidence(directory: string, audit: ReturnType<typeof auditOfProfiles>): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'chart-audit.json'), `${JSON.stringify(audit, null, 2)}\n`);
  const images = new Set(audit.flatMap((one) => one.images));
  writeFileSync(join(directory, 'images.txt'), `${[...images].toSorted().join('\n')}\n`);
}

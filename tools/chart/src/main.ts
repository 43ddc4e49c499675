import { join } from 'node:path';
import { auditOfProfiles, writeEvidence } from './evidence.js';
import { workspace } from './helm.js';

const [directory = join(workspace, 'charts', 'audit')] = process.argv.slice(2);
const audit = auditOfProfiles();
writeEvidence(directory, audit);
for (const { profile, podSecurityFindings, pods, cpuMillicores, memoryMiB } of audit)
  console.log(
    `${profile}: ${podSecurityFindings.length} findings, ${pods} pods, ${cpuMillicores}m CPU, ${memoryMiB} MiB`,
  );
process.exitCode = audit.some((one) => one.podSecurityFindings.length + one.networkRulesForNobody.length > 0) ? 1 : 0;

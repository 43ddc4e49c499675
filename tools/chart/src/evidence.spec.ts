import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditOfProfiles, writeEvidence } from './evidence.js';
import { profiles } from './profiles.js';

describe('the evidence of a release', () => {
  const directory = mkdtempSync(join(tmpdir(), 'relais-evidence-'));
  const audit = auditOfProfiles();
  afterAll(() => rmSync(directory, { recursive: true }));

  it('finds nothing in any profile (E10)', () => {
    expect(audit.flatMap((one) => [...one.podSecurityFindings, ...one.networkRulesForNobody])).toEqual([]);
    expect(audit.map(({ profile, pods }) => [profile, pods > 0])).toEqual(profiles.map(([name]) => [name, true]));
  });

  it('is written as it was found, with every image once', () => {
    writeEvidence(join(directory, 'audit'), audit);
    const read = (name: string): string => readFileSync(join(directory, 'audit', name), 'utf8');
    expect(JSON.parse(read('chart-audit.json'))).toEqual(audit);
    const images = read('images.txt').trim().split('\n');
    expect(images).toEqual([...new Set(audit.flatMap((one) => one.images))].toSorted());
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'Containerfile'), 'utf8');
const stages = [...text.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)].map(([, from = '', name = '']) => ({ from, name }));

describe('the Containerfile', () => {
  it('names each stage itself where it uses one: the podman of Debian 12 leaves out what an argument names', () => {
    const used = [...text.matchAll(/^COPY --from=(\S+)/gm)].map(([, name]) => name);
    expect(used).toEqual(['build', 'build']);
    for (const name of used) expect(stages.map((stage) => stage.name)).toContain(name);
    expect(stages.map(({ from }) => from)).toEqual(['scratch', 'process', '${BUILD_IMAGE}', 'process']);
  });

  it('makes the whole image unless it is told to take what is here', () => {
    expect(stages.map(({ name }) => name)).toEqual(['process', 'local', 'build', '']);
  });
});

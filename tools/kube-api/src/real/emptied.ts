import { setTimeout as pause } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.js';
import { kindsOf } from './real-kube-api.js';

const DEADLINE_MS = 60_000;
/** What controllers put into every namespace, and put back. */
const KEPT = /^(default|kube-root-ca\.crt)$/;

/** Makes the namespace where there is none, and takes everything out of it. */
export async function emptied(plane: ControlPlane, namespace: string): Promise<void> {
  const { code } = await plane.ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  if (code !== 201 && code !== 409) throw new Error(`the namespace ${namespace} could not be made: ${code}`);
  const kinds = (await kindsOf(plane)).filter(
    ({ namespaced, verbs }) => namespaced && verbs.includes('deletecollection'),
  );
  const end = Date.now() + DEADLINE_MS;
  for (let left = [true]; left.includes(true);) {
    if (Date.now() > end) throw new Error(`the namespace ${namespace} does not become empty`);
    left = await Promise.all(
      kinds.map(({ root, plural }) => isLeft(plane, `${root}/namespaces/${namespace}/${plural}`)),
    );
    if (left.includes(true)) await pause(100);
  }
}

/** Deletes what is there. @returns whether there was something */
async function isLeft({ ask }: ControlPlane, path: string): Promise<boolean> {
  const { body } = await ask('GET', path);
  const items = ((body['items'] ?? []) as { metadata: { name: string } }[]).filter(
    ({ metadata }) => !KEPT.test(metadata.name),
  );
  if (items.length > 0) await ask('DELETE', `${path}?propagationPolicy=Background&gracePeriodSeconds=0`);
  return items.length > 0;
}

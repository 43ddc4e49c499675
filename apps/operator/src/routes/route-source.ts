import { createHash } from 'node:crypto';
import { type AlarmSourceSettings, alarmSourceSettings, LIMITS } from '@relais/contracts';
import { idFrom } from '@relais/kernel';
import { FIELD_MANAGER } from '../kubernetes/kubernetes-api.js';
import { GROUP_VERSION } from '../kubernetes/objects.js';
import type { AlertRoute } from './alert-route.js';

/** Of Secrets that are ours: a Secret keeps its type, so no other one can be turned into one of these. */
const SECRET_TYPE = 'relais.io/alert-route';
const DAY_SECONDS = 86_400;

/** The same for the same object, however often it is made; another for one that takes its name. */
export function sourceIdOf({ metadata }: AlertRoute): string {
  return idFrom(createHash('sha256').update(`relais.io/alert-route/${metadata.uid}`).digest());
}

/** What the source of a route is, with everything that the API would add to it. */
export function settingsOf({ metadata, spec }: AlertRoute): AlarmSourceSettings {
  const { policyId, severity, severities, isPaused = false } = spec;
  return alarmSourceSettings.parse({
    kind: 'alertmanager',
    name: `${metadata.namespace}/${metadata.name}`.slice(0, LIMITS.titleBytes),
    isPaused,
    raises: { policyId, ...(severity && { severity }) },
    ...(severities && { severities }),
  });
}

export const secretNameOf = ({ metadata, spec }: AlertRoute): string => spec.secretName ?? `${metadata.name}-relais`;
export const revisionOf = ({ spec }: AlertRoute): number => spec.secretRevision ?? 0;
export const overlapOf = ({ spec }: AlertRoute): number => spec.overlapSeconds ?? DAY_SECONDS;

/** Whose fields of the Secret are: of two routes that name the same one, only the first has it. */
export const managerOf = ({ metadata }: AlertRoute): string => `${FIELD_MANAGER}-${metadata.uid}`;

/** What Alertmanager reads: gone with the route. */
export const secretOf = (route: AlertRoute, { url, token }: { url: string; token: string }): object => ({
  ...{ apiVersion: 'v1', kind: 'Secret', type: SECRET_TYPE },
  metadata: {
    name: secretNameOf(route),
    labels: { 'app.kubernetes.io/name': 'relais', 'app.kubernetes.io/managed-by': FIELD_MANAGER },
    ownerReferences: [
      {
        ...{ apiVersion: GROUP_VERSION, kind: 'AlertRoute', controller: true },
        ...{ name: route.metadata.name, uid: route.metadata.uid },
      },
    ],
  },
  data: { url: encoded(url), token: encoded(token) },
});

const encoded = (text: string): string => Buffer.from(text).toString('base64');

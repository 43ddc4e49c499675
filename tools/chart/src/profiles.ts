import type { Rendering } from './helm.js';

/** What people install, and what the chart is checked as. Each is rendered once. */
export const PROFILES = {
  small: {},
  tiny: { files: ['profiles/tiny.yaml'] },
  ha: { files: ['profiles/ha.yaml', 'ci/ha-values.yaml'] },
  openshift: { set: ['openshift=true'] },
  'own secrets': { files: ['ci/own-secrets-values.yaml'] },
  routed: { files: ['ci/routed-values.yaml'] },
  ingress: {
    set: [
      'ingress.enabled=true',
      'ingress.hosts={chat.example.org}',
      'ingress.tlsSecret=chat-tls',
      'gateway.publicUrls={https://chat.example.org}',
    ],
  },
  'tiny with certificates': {
    files: ['profiles/tiny.yaml'],
    set: ['nats.tls.mode=existing', 'nats.tls.secret=nats-tls', 'tests.enabled=true'],
  },
} as const satisfies Record<string, Rendering>;

export const profiles = Object.entries(PROFILES) as [string, Rendering][];

import { type Audience, audience, type ReceivingSettings, type Severity } from '@relais/contracts';

type Labels = Readonly<Record<string, string>>;
type Route = ReceivingSettings['routes'][number];

export interface Routed {
  severity: Severity;
  audience: Audience;
  policyId?: string;
}

/** Who is told, and how much it matters: by the first route that fits these labels, else as the source has it. */
export function routed(
  { routes, raises, severities }: ReceivingSettings,
  labels: Labels,
  said: string | undefined,
): Routed {
  const route = routes.find(({ when }) => when.every((matcher) => holds(matcher, labels)));
  const theirs = said !== undefined && Object.hasOwn(severities, said) ? severities[said] : undefined;
  const policyId = route?.policyId ?? (route?.audience ? undefined : raises.policyId);
  return {
    severity: route?.severity ?? theirs ?? raises.severity,
    audience: route?.audience ?? (route?.policyId ? NOBODY : raises.audience),
    ...(policyId ? { policyId } : {}),
  };
}

export const NOBODY: Audience = audience.parse({});

function holds({ label, is, isNot }: Route['when'][number], labels: Labels): boolean {
  const value = Object.hasOwn(labels, label) ? (labels[label] as string) : '';
  return is ? is.includes(value) : !isNot?.includes(value);
}

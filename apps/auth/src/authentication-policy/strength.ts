import {
  type AuthenticationPolicy,
  authenticationPolicy,
  authenticationStrength,
  type AuthenticationStrength,
  type FactorKind,
  type Role,
} from '@relais/contracts';

const RANK: readonly AuthenticationStrength[] = authenticationStrength.options;
/** The strictest last: an administrator's approval is more than that of whoever holds another device. */
const APPROVALS = authenticationPolicy.shape.deviceApproval.unwrap().options;
const SECOND_FACTORS = ['otp', 'rec', 'hwk', 'mfa'];

/**
 * How much the methods amount to (RFC 8176). A passkey with user verification is something one has and is or knows, bound to
 * this server; break-glass credentials (`brk`) are bound to a device and a time, and satisfy any demand.
 */
export function strengthOf(amr: readonly string[]): AuthenticationStrength {
  if (amr.includes('brk') || (amr.includes('hwk') && amr.includes('user'))) return 'phishing_resistant';
  const isTwo = SECOND_FACTORS.some((method) => amr.includes(method)) && (amr.includes('pwd') || amr.includes('fed'));
  return isTwo ? 'second_factor' : 'password';
}

const FACTOR_OF: Readonly<Record<string, FactorKind>> = { otp: 'totp', rec: 'recovery_code', hwk: 'passkey' };

/** Whether every factor of ours that was shown is one that the policy takes. */
export const areAllowed = (amr: readonly string[], { allowedFactors }: AuthenticationPolicy): boolean =>
  amr.every((method) => FACTOR_OF[method] === undefined || allowedFactors.includes(FACTOR_OF[method]));

export const isAtLeast = (shown: AuthenticationStrength, wanted: AuthenticationStrength): boolean =>
  RANK.indexOf(shown) >= RANK.indexOf(wanted);

/** What is demanded of somebody in this role. */
export const demandOf = (policy: AuthenticationPolicy, role: Role): AuthenticationStrength =>
  role === 'member' ? policy.required : stronger(policy.required, policy.requiredOfAdministrators);

export const stronger = (a: AuthenticationStrength, b: AuthenticationStrength): AuthenticationStrength =>
  isAtLeast(a, b) ? a : b;

const later = <Word extends string>(order: readonly Word[], a: Word, b: Word): Word =>
  order.indexOf(a) >= order.indexOf(b) ? a : b;

/** On where one of them has it; the least grace of those that do. */
function remoteLockOf(a: AuthenticationPolicy, b: AuthenticationPolicy): Pick<AuthenticationPolicy, 'remoteLock'> {
  const hours = [a, b].flatMap(({ remoteLock }) => remoteLock?.graceHours ?? []);
  return hours.length === 0 ? {} : { remoteLock: { graceHours: Math.min(...hours) } };
}

/** The strictest of several policies, member by member. */
export const strictest = (a: AuthenticationPolicy, b: AuthenticationPolicy): AuthenticationPolicy => ({
  required: stronger(a.required, b.required),
  requiredOfAdministrators: stronger(a.requiredOfAdministrators, b.requiredOfAdministrators),
  allowedFactors: a.allowedFactors.filter((kind) => b.allowedFactors.includes(kind)),
  devicesPerPerson: Math.min(a.devicesPerPerson, b.devicesPerPerson),
  deviceApproval: later(APPROVALS, a.deviceApproval, b.deviceApproval),
  platforms: a.platforms.filter((platform) => b.platforms.includes(platform)),
  sessionIdleSeconds: Math.min(a.sessionIdleSeconds, b.sessionIdleSeconds),
  sessionAbsoluteSeconds: Math.min(a.sessionAbsoluteSeconds, b.sessionAbsoluteSeconds),
  factorChangeEndsSessions: a.factorChangeEndsSessions || b.factorChangeEndsSessions,
  ...remoteLockOf(a, b),
  stepUpSeconds: Math.min(a.stepUpSeconds, b.stepUpSeconds),
});

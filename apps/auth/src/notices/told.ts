import type { ActionName, Fact, NoticeKind } from '@relais/contracts';

type What = Pick<Fact, 'actor' | 'object' | 'before' | 'after'> & { outcome?: Fact['outcome'] | undefined };

export interface Told {
  kind: NoticeKind;
  userId: string;
  deviceId?: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
/** The way in that shows no stranger: one's own first device, and showing once more who one is. */
const SILENT_METHODS: readonly unknown[] = ['bootstrap', 'invitation', 'step_up', 'refresh'];

const ofObject =
  (kind: NoticeKind) =>
  ({ object, outcome = 'done' }: What): Told | null =>
    outcome === 'done' && object.kind === 'user' ? { kind, userId: object.id } : null;

const ofDevice =
  (kind: NoticeKind) =>
  ({ object, after }: What): Told | null => {
    const userId = text(after?.['userId']);
    return userId === undefined ? null : { kind, userId, deviceId: object.id };
  };

/** Which facts concern the person whose account it is, and how. */
const TOLD: Partial<Record<ActionName, (what: What) => Told | null>> = {
  'session.opened': ({ actor, object, after, outcome = 'done' }) =>
    outcome === 'done' &&
    actor.kind === 'user' &&
    object.kind === 'device' &&
    !SILENT_METHODS.includes(after?.['method'])
      ? { kind: 'signed_in', userId: actor.id, deviceId: object.id }
      : null,
  'device.state-changed': ({ actor, object, after }) =>
    after?.['state'] === 'pending' && actor.kind === 'user'
      ? { kind: 'device_waits', userId: actor.id, deviceId: object.id }
      : null,
  'enrolment.redeemed': ({ actor, after, outcome = 'done' }) => {
    const userId = text(after?.['userId']);
    return outcome === 'done' && userId !== undefined ? { kind: 'device_enrolled', userId, deviceId: actor.id } : null;
  },
  'device.locked': ofDevice('device_locked'),
  'device.unlocked': ofDevice('device_unlocked'),
  'factor.added': ({ actor }) => ({ kind: 'factor_added', userId: actor.id }),
  'factor.removed': ({ before }) => {
    const userId = text(before?.['userId']);
    return userId === undefined ? null : { kind: 'factor_removed', userId };
  },
  'recovery-codes.renewed': ofObject('recovery_codes_renewed'),
  'factor-reset.requested': ofObject('factor_reset_requested'),
  'factor-reset.approved': ofObject('factors_reset'),
  'password.changed': ofObject('password_changed'),
  'password-reset.started': ofObject('password_reset_started'),
  'password.reset': ofObject('password_reset'),
  'refresh-token.reused': ({ actor, object }) =>
    actor.kind === 'user' ? { kind: 'session_stolen', userId: actor.id, deviceId: object.id } : null,
};

/** Whom a fact is told to; null for most. */
export const toldOf = (action: ActionName, what: What): Told | null => TOLD[action]?.(what) ?? null;

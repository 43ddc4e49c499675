import { type BlindIndex, CONTENT_DESTROYED, type Envelope, type KeyScope } from '@relais/crypto';
import type { OrganizationId } from '@relais/kernel';

type What =
  | 'alarm.content'
  | 'alarm_recipient.note'
  | 'contact_point.address'
  | 'escalation_policy.policy'
  | 'push_registration.target'
  | 'source.settings'
  | 'source.group'
  | 'source.problem'
  | 'source.body'
  | 'roster.document'
  | 'qualification.name'
  | 'alarm_check.text'
  | 'alarm_template.template'
  | 'watch_probe.probe'
  | 'crisis_plan.plan'
  | 'outage.reason'
  | 'outage.report';

/** Keeps what alarms say, and who is told in which order, unreadable in the database. Ask for it before the transaction. */
export class Sealing {
  constructor(
    private readonly envelope: Envelope,
    private readonly index: BlindIndex,
  ) {}

  async seal(organizationId: OrganizationId, what: What, id: string, value: unknown): Promise<Buffer> {
    return (await this.envelope.keyFor(scopeOf(organizationId, what))).seal([what, id], JSON.stringify(value));
  }

  /** With at most one question to the keystore; null for what was destroyed. */
  async openAll<Value>(
    organizationId: OrganizationId,
    what: What,
    sealed: readonly { id: string; sealed: Buffer }[],
  ): Promise<(Value | null)[]> {
    const opener = await this.envelope.opener(
      organizationId,
      sealed.map((one) => one.sealed),
    );
    return sealed.map((one) => {
      const opened = opener.open([what, one.id], one.sealed);
      return opened === CONTENT_DESTROYED ? null : (JSON.parse(opened.toString('utf8')) as Value);
    });
  }

  async open<Value>(organizationId: OrganizationId, what: What, id: string, sealed: Buffer): Promise<Value | null> {
    const [value] = await this.openAll<Value>(organizationId, what, [{ id, sealed }]);
    return value ?? null;
  }

  addressIndex(organizationId: OrganizationId, address: string): Promise<Buffer> {
    return this.index.digest(organizationId, 'roster_address', address);
  }

  /** Knows an address again without storing it in the clear. */
  destinationIndex(organizationId: OrganizationId, kind: string, address: string): Promise<Buffer> {
    const field = kind === 'email' || kind === 'phone' ? kind : 'external_id';
    return this.index.digest(organizationId, field, address);
  }

  /** Of a code that somebody has to give back: six digits are guessed at once by who has the key, and not by who has a backup. */
  codeIndex(organizationId: OrganizationId, id: string, code: string): Promise<Buffer> {
    return this.index.digest(organizationId, 'external_id', `contact code ${id} ${code}`);
  }

  dedupIndex(organizationId: OrganizationId, key: string): Promise<Buffer> {
    return this.index.digest(organizationId, 'dedup_key', key);
  }
}

/** Addresses outlive the alarms of their month. */
const ADDRESSES: readonly What[] = ['contact_point.address', 'push_registration.target'];

const scopeOf = (organizationId: OrganizationId, what: What): KeyScope => ({
  organizationId,
  kind: 'organization',
  id: organizationId,
  retentionClass: ADDRESSES.includes(what) ? 'address' : 'alarm',
});

import { Injectable } from '@nestjs/common';
import { type AlarmSourceSettings, mappedIncident, receiveSignedWebhook } from '@relais/contracts';
import type { Incident } from './incident.js';
import { MappingFailed, MappingSandbox, type Owner } from './mapping/mapping-sandbox.js';
import { routed } from './route-incident.js';

export type WebhookSettings = Extract<AlarmSourceSettings, { kind: 'webhook' }>;

/** Makes of a body that somebody else thought of what we call an incident. */
@Injectable()
export class MapWebhook {
  constructor(private readonly sandbox: MappingSandbox) {}

  /**
   * @returns null for what is no alarm
   * @throws AppError `malformed_delivery` when it is not JSON
   * @throws MappingFailed when the mapping fails on it, or gives something that is no incident
   */
  async map(owner: Owner, settings: WebhookSettings, body: string): Promise<Incident | null> {
    assertJson(body);
    const json = await this.sandbox.map(owner, { mapping: settings.mapping, body });
    if (json === null) return null;
    const mapped = mappedIncident.safeParse(JSON.parse(json));
    if (!mapped.success) throw new MappingFailed(whatIsWrong(mapped.error.issues));
    const { labels, severity, key, ...said } = mapped.data;
    // What comes within the time of a group belongs together, also where nothing says what the cause is.
    const cause = key ?? (settings.groupSeconds > 0 ? '' : undefined);
    const route = routed(settings, labels, severity ?? labels['severity']);
    return { ...said, ...route, isWhole: false, ...(cause === undefined ? {} : { key: cause }) };
  }

  /** @throws MappingFailed when it cannot be read */
  async check(owner: Owner, mapping: string): Promise<void> {
    await this.sandbox.map(owner, { mapping });
  }
}

/** What is raised of a body that cannot be mapped: nothing of it, because nobody knows what it is. */
export const plainIncident = (settings: WebhookSettings): Incident => ({
  ...{ status: 'firing', severity: settings.raises.severity, isWhole: true, key: '\0mapping failed' },
  ...{ title: settings.name, text: 'Something was sent that the mapping of this source cannot read.' },
  audience: settings.raises.audience,
  ...(settings.raises.policyId ? { policyId: settings.raises.policyId } : {}),
});

function assertJson(body: string): void {
  try {
    JSON.parse(body);
  } catch (cause) {
    throw receiveSignedWebhook.fail('malformed_delivery', 'expected JSON', { cause });
  }
}

const whatIsWrong = (issues: readonly { path: PropertyKey[]; message: string }[]): string =>
  `it gives no incident: ${issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.map(String).join('.') || 'result'}: ${message}`)
    .join('; ')}`;

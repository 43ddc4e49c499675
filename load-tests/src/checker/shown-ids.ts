const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/**
 * Every id that people of each organization were shown: of organizations, people, conversations, entries and whatever else has
 * one. No list of what belongs to whom is needed, because two organizations have nothing in common.
 */
export class ShownIds {
  private readonly byOrganization = new Map<string, Set<string>>();

  /** Takes the ids out of whatever somebody of this organization was shown. */
  note(organizationId: string, text: string): void {
    const seen = this.byOrganization.get(organizationId) ?? new Set();
    for (const [id] of text.matchAll(UUID)) seen.add(id.toLowerCase());
    this.byOrganization.set(organizationId, seen);
  }

  /** Organizations that were shown anything. */
  get organizations(): number {
    return this.byOrganization.size;
  }

  /** Ids that people of more than one organization were shown. */
  shared(): string[] {
    const all = [...this.byOrganization.values()];
    return all.flatMap((seen, at) => [...seen].filter((id) => all.slice(at + 1).some((others) => others.has(id))));
  }
}

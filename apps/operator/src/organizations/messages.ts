import type { Term } from '../leader/elector.js';
import type { KeptMessages, Organization } from './organization.js';
import type { OwnOrganization } from './own-organization.js';

/**
 * Has messages kept as long as an Organization says. What a shorter period hides is counted before, for the status: until
 * `clearsFrom` a longer one brings it back.
 */
export class Messages {
  constructor(
    private readonly term: Term,
    private readonly own: OwnOrganization,
  ) {}

  /** Nothing where the object says nothing of them: then it takes no scope either. What fails is said, and holds up nothing else. */
  async bring(organization: Organization): Promise<{ messages?: KeptMessages; failure?: unknown }> {
    if (!organization.spec.messages) return {};
    try {
      return { messages: await this.keep(organization) };
    } catch (failure) {
      this.term.assertHeld();
      return { failure };
    }
  }

  private async keep({ spec: { messages = {} }, status }: Organization): Promise<KeptMessages> {
    let keeping = await this.own.readKeeping();
    let hidden = status?.messages?.hidden;
    const keepDays = wanted(messages.keepDays, keeping.keepDays);
    const keyDays = wanted(messages.keyDays, keeping.keyDays);
    if (keepDays !== keeping.keepDays || keyDays !== keeping.keyDays) {
      const counted = await this.own.countOlder(keepDays);
      this.term.assertHeld();
      if (keepDays !== keeping.keepDays) hidden = counted;
      keeping = await this.own.setKeeping({ keepDays, keyDays });
    }
    const { clearsFrom } = keeping;
    return {
      ...(keeping.keepDays !== null && { keepDays: keeping.keepDays }),
      ...(keeping.keyDays !== null && { keyDays: keeping.keyDays }),
      ...(clearsFrom !== undefined && { clearsFrom, ...(hidden && { hidden }) }),
    };
  }
}

/** 0 stands for no end; what is not named is left alone. */
const wanted = (said: number | undefined, now: number | null): number | null =>
  said === undefined ? now : said === 0 ? null : said;

import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type AlarmMark, markAlarm, markAlarmsOfMany, type SaidOfAlarms } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { type Principal, TokenVerifier } from '@relais/security';
import { MarkCollector } from './mark-collector.js';

/** A device says that it has an alarm, or that it was seen. */
@Injectable()
export class MarkAlarmHandler {
  constructor(
    private readonly collector: MarkCollector,
    private readonly verifier: TokenVerifier,
  ) {}

  @Serves(markAlarm)
  async execute({ marks }: { marks: AlarmMark[] }, { principal }: RequestContext): Promise<Record<string, never>> {
    await this.note(principal, marks);
    return {};
  }

  /** Each token is looked at as if they had asked by themselves: whoever brings it decides nothing. */
  @Serves(markAlarmsOfMany)
  async executeMany({ people }: { people: SaidOfAlarms[] }): Promise<{ refused: number }> {
    const principals = await Promise.all(people.map(({ token }) => this.principalOf(token)));
    const noted = principals.flatMap((principal, at) =>
      principal ? [this.note(principal, (people[at] as SaidOfAlarms).marks)] : [],
    );
    await Promise.all(noted);
    return { refused: people.length - noted.length };
  }

  private async principalOf(token: string): Promise<Principal | undefined> {
    try {
      return await this.verifier.verify(token, markAlarm);
    } catch (error) {
      const { kind } = AppError.from(error);
      if (kind === 'unauthenticated' || kind === 'forbidden') return undefined;
      throw error;
    }
  }

  private note({ organizationId, userId }: Principal, marks: readonly AlarmMark[]): Promise<void> {
    return this.collector.add(
      organizationId,
      marks.map((one) => ({ ...one, userId })),
    );
  }
}

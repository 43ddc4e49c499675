import { Injectable } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { type ImportedLine, importPeople, type PeopleImport, type Role } from '@relais/contracts';
import { AppError, Clock, newId, type OrganizationId, type PoolId, type UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { z } from 'zod';
import { Freshness } from '../admission/fresh.js';
import { Database, type Tx } from '../database/database.js';
import { violates } from '../database/sql.js';
import { actorSubject, recordFact, userSubject } from '../facts/record-fact.js';
import { NO_PASSWORD } from '../passwords/password-hasher.js';
import { actorWith } from '../permissions/actor.postgres.js';
import { defaultPool, listPoolRows, toPools } from '../pools/pool-rows.postgres.js';
import { assertMayRegister } from '../registration-policy/may-register.js';
import { isFull, roomLeft } from '../people-quota/room.postgres.js';
import { type Column, PersonalData, type SealedName } from '../sealing/personal-data.js';
import { insertUser } from '../users/user-rows.postgres.js';
import { type Judged, judgeLines, type Newcomer } from './judge-lines.js';
import { knownAmong } from './known-addresses.postgres.js';
import { readPeopleCsv } from './read-people-csv.js';

const AT_ONCE = 100;
const MAX_TRIES = 3;

interface Prepared {
  newcomer: Newcomer;
  id: UserId;
  emailIndex: Buffer;
}

/** Makes people from a list, each line for itself, a hundred in a transaction. */
@Injectable()
export class ImportPeopleHandler {
  constructor(
    private readonly db: Database,
    private readonly personal: PersonalData,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  @Serves(importPeople)
  async execute(
    { csv, dryRun }: z.output<typeof importPeople.input>,
    { principal }: RequestContext,
  ): Promise<PeopleImport> {
    const { ownRole, pools } = await this.begin(principal, dryRun);
    const judged = judgeLines(await readPeopleCsv(csv), { ownRole, pools });
    const done: ImportedLine[] = [];
    for (let at = 0; at < judged.length; at += AT_ONCE)
      done.push(...(await this.unlessBeaten(() => this.batch(principal, judged.slice(at, at + AT_ONCE), dryRun))));
    const lines = dryRun ? await this.withinRoom(principal, done) : done;
    const count = (...outcomes: ImportedLine['outcome'][]) =>
      lines.filter(({ outcome }) => outcomes.includes(outcome)).length;
    return {
      ...{ isDryRun: dryRun, made: count('made', 'would_make'), existing: count('exists'), refused: count('refused') },
      lines,
    };
  }

  /** What nobody made took no room: here it is added up, and who would come in first has it. */
  private async withinRoom({ organizationId }: Principal, lines: readonly ImportedLine[]): Promise<ImportedLine[]> {
    let left = await this.db.within(organizationId, (tx) => roomLeft(tx, organizationId));
    return lines.map((one) => (one.outcome !== 'would_make' || left-- > 0 ? one : full(one.line)));
  }

  /** Somebody may come in by another way meanwhile: then they are found the next time. */
  private async unlessBeaten<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let left = MAX_TRIES; ; left--) {
      try {
        return await work();
      } catch (error) {
        if (left === 1 || !violates(error, 'app_user_email_key')) throw error;
      }
    }
  }

  private async begin(
    principal: Principal,
    dryRun: boolean,
  ): Promise<{ ownRole: Role; pools: { id: PoolId; name: string }[] }> {
    const { organizationId } = principal;
    const found = await this.db.within(organizationId, async (tx) => {
      const { role } = await actorWith(tx, principal, 'manage_directories');
      if (!dryRun) await this.freshness.assertFresh(tx, principal);
      return { role, rows: await listPoolRows(tx, organizationId) };
    });
    return { ownRole: found.role, pools: await toPools(this.personal, organizationId, found.rows) };
  }

  private async batch(principal: Principal, judged: readonly Judged[], dryRun: boolean): Promise<ImportedLine[]> {
    const { organizationId } = principal;
    const newcomers = judged.filter((one): one is Newcomer => 'email' in one);
    const prepared = await this.prepare(organizationId, newcomers);
    const known = await this.db.within(organizationId, (tx) =>
      knownAmong(
        tx,
        organizationId,
        prepared.map(({ emailIndex }) => emailIndex),
      ),
    );
    const missing = prepared.filter(({ emailIndex }) => !known.has(emailIndex.toString('base64')));
    const outcomes = new Map<number, ImportedLine>();
    for (const one of judged) if ('problem' in one) outcomes.set(one.line, { ...one, outcome: 'refused' });
    for (const { newcomer, emailIndex } of prepared) {
      const userId = known.get(emailIndex.toString('base64'));
      if (userId) outcomes.set(newcomer.line, { line: newcomer.line, outcome: 'exists', userId });
    }
    for (const one of await this.make(principal, missing, dryRun)) outcomes.set(one.line, one);
    return judged.map(({ line }) => outcomes.get(line) as ImportedLine);
  }

  private async prepare(organizationId: OrganizationId, newcomers: readonly Newcomer[]): Promise<Prepared[]> {
    return Promise.all(
      newcomers.map(async (newcomer) => ({
        ...{ newcomer, id: newId<UserId>() },
        emailIndex: await this.personal.emailIndex(organizationId, newcomer.email),
      })),
    );
  }

  private async make(principal: Principal, missing: readonly Prepared[], dryRun: boolean): Promise<ImportedLine[]> {
    const { organizationId } = principal;
    if (!dryRun && missing.length > 0)
      await this.personal.makeKeysOfUsers(
        organizationId,
        missing.map(({ id }) => id),
      );
    const sealed = dryRun ? [] : await Promise.all(missing.map((one) => this.seal(organizationId, one)));
    return this.db.within(organizationId, async (tx) => {
      const lines: ImportedLine[] = [];
      for (const [at, one] of missing.entries()) {
        const made = this.makeOne(tx, principal, one, dryRun ? null : (sealed[at] as Sealed));
        lines.push(await made.catch((error: unknown) => fullOr(error, one.newcomer)));
      }
      return lines;
    });
  }

  private async seal(organizationId: OrganizationId, { id, newcomer }: Prepared): Promise<Sealed> {
    const seal = (column: Column, text: string) =>
      this.personal.sealOfUser(id, { organizationId, column, rowId: id }, text);
    return {
      emailSealed: await seal('app_user.email', newcomer.email),
      name: await this.personal.sealName(organizationId, id, newcomer.displayName),
      phoneSealed: newcomer.phone === undefined ? null : await seal('app_user.phone', newcomer.phone),
    };
  }

  /** @param sealed null only looks */
  private async makeOne(
    tx: Tx,
    principal: Principal,
    { newcomer, id, emailIndex }: Prepared,
    sealed: Sealed | null,
  ): Promise<ImportedLine> {
    const { organizationId } = principal;
    const { line, role } = newcomer;
    const refusal = await refusalOf(assertMayRegister(tx, organizationId, { email: newcomer.email, emailIndex }));
    if (refusal) return { line, outcome: 'refused', problem: 'registration_not_allowed', says: NOT_ALLOWED };
    const trouble = newcomer.hasBadPhone ? { problem: 'phone_invalid' as const, says: NO_PHONE } : {};
    if (!sealed) return { line, outcome: 'would_make', ...trouble };
    const poolIds = newcomer.poolIds.length > 0 ? newcomer.poolIds : [await defaultPool(tx, organizationId)];
    const person = { organizationId, id, role, emailIndex, ...sealed };
    await insertUser(tx, { ...person, passwordHash: NO_PASSWORD, poolIds, now: this.clock.now() });
    await recordFact(tx, organizationId, {
      ...{ actor: actorSubject(principal), action: 'user.provisioned', object: userSubject(id) },
      after: { role, poolIds },
    });
    return { line, outcome: 'made', userId: id, ...trouble };
  }
}

interface Sealed {
  emailSealed: Buffer;
  name: SealedName;
  phoneSealed: Buffer | null;
}

const NO_PHONE = 'the number is left out: give it with its country code, such as +49 151 12345678';
const FULL = 'there are as many people as there may be: see setPeopleQuota';
const NOT_ALLOWED = 'this address may not register: see putRegistrationEntry';

const full = (line: number): ImportedLine => ({
  ...{ line, outcome: 'refused', problem: 'people_limit_reached', says: FULL },
});

/** Nothing of the line was written by then: the others go on. */
function fullOr(error: unknown, { line }: Newcomer): ImportedLine {
  if (isFull(error)) return full(line);
  throw error;
}

async function refusalOf(asked: Promise<void>): Promise<AppError | null> {
  try {
    await asked;
    return null;
  } catch (error) {
    if (error instanceof AppError && error.code === 'registration_not_allowed') return error;
    throw error;
  }
}

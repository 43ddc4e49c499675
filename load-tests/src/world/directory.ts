import { ROUTES, type DirectoryRun } from '@relais/contracts';
import { newId } from '@relais/kernel';
import type { RelaisSession } from '@relais/sdk';
import { ADMIN, PASSWORD, personDn, Slapd, SUFFIX } from '@relais/testing';
import { pause } from './random.js';

const ENDED: readonly DirectoryRun['state'][] = ['applied', 'stopped', 'planned', 'failed', 'discarded'];

/** A real OpenLDAP server that people of the world's organization come from. */
export class WorldDirectory {
  private readonly directoryId = newId<never>();

  private constructor(
    readonly slapd: Slapd,
    /** Of its people, who have the address `<uid>@brigade.example` and the password `secret-<uid>`. */
    readonly uids: readonly string[],
    private readonly owner: RelaisSession,
  ) {}

  /** With people that no other directory has. */
  static async start(owner: RelaisSession, people: number): Promise<WorldDirectory> {
    const prefix = Date.now().toString(36);
    const uids = Array.from({ length: people }, (_, at) => `${prefix}-${at}`);
    const slapd = await Slapd.start(
      uids.map((uid) => ({ uid })),
      {},
    );
    const directory = new WorldDirectory(slapd, uids, owner);
    await owner.call(ROUTES.putDirectory, {
      directoryId: directory.directoryId,
      settings: {
        ...{ name: 'Brigade', urls: [slapd.url], bindDn: ADMIN, bindPassword: PASSWORD, passwordLogin: true },
        people: { base: `ou=people,${SUFFIX}`, filter: '(objectClass=inetOrgPerson)' },
      },
    });
    return directory;
  }

  /** One run from beginning to end. */
  async run(timeoutMs = 600_000): Promise<DirectoryRun> {
    return this.until(await this.begin(), ({ state }) => ENDED.includes(state), timeoutMs);
  }

  begin(): Promise<DirectoryRun> {
    return this.owner.call(ROUTES.startDirectoryRun, { directoryId: this.directoryId });
  }

  /** Looks at a run until it is as it is awaited. @throws Error after the deadline */
  async until(
    run: DirectoryRun,
    isAwaited: (run: DirectoryRun) => boolean,
    timeoutMs = 600_000,
    everyMs = 200,
  ): Promise<DirectoryRun> {
    const deadline = performance.now() + timeoutMs;
    let found = run;
    while (!isAwaited(found)) {
      if (performance.now() > deadline) throw new Error(`the run is still ${found.state} after ${timeoutMs} ms`);
      await pause(everyMs);
      found = await this.owner.call(ROUTES.readDirectoryRun, { runId: run.id });
    }
    return found;
  }

  /** Takes people out of the directory. */
  async remove(uids: readonly string[]): Promise<void> {
    await this.slapd.change(async (client) => {
      for (const uid of uids) await client.del(personDn(uid));
    });
  }

  stop(): Promise<void> {
    return this.slapd.stop();
  }
}

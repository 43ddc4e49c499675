import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { World } from '../world/world.js';

/**
 * Power loss on one machine: the data directory lies on an ext4 in a file, and EXT4_IOC_SHUTDOWN without flushing the log
 * makes the file system forget every byte that was not synced. Needs root, loop devices and perl, which Debian has.
 */
const SIZE_BYTES = 2 * 1024 ** 3;
const CUT =
  'open(my $d, "<", $ARGV[0]) or die "open: $!"; my $how = pack("I", 2); ioctl($d, 0x8004587d, $how) or die "ioctl: $!"';

export class LoopDisk {
  private constructor(
    private readonly image: string,
    readonly mountPoint: string,
  ) {}

  static make(directory: string): LoopDisk {
    mkdirSync(directory, { recursive: true });
    const image = join(directory, 'disk.img');
    const disk = new LoopDisk(image, join(directory, 'disk'));
    closeSync(openSync(image, 'w'));
    truncateSync(image, SIZE_BYTES);
    execFileSync('mkfs.ext4', ['-q', '-F', image]);
    mkdirSync(disk.mountPoint, { recursive: true });
    disk.mount();
    chmodSync(disk.mountPoint, 0o755);
    return disk;
  }

  mount(): void {
    execFileSync('mount', ['-o', 'loop', this.image, this.mountPoint]);
  }

  /** From now on nothing reaches the disk, and what was not synced is gone. */
  cutPower(): void {
    execFileSync('perl', ['-e', CUT, this.mountPoint]);
  }

  unmount(): void {
    for (let attempt = 0; attempt < 50; attempt++) {
      if (spawnSync('umount', [this.mountPoint]).status === 0) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
    throw new Error(`${this.mountPoint} is still in use`);
  }

  remove(): void {
    try {
      this.unmount();
    } finally {
      rmSync(this.image, { force: true });
    }
  }
}

let disk: LoopDisk | undefined;

export const useDisk = (used: LoopDisk | undefined): void => {
  disk = used;
};

/** Why this machine cannot lose power on purpose. */
export function cannotLosePower(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root to mount a loop device';
  for (const tool of ['mkfs.ext4', 'perl', 'mount'])
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `needs ${tool}`;
  return spawnSync('losetup', ['-f']).status === 0 ? undefined : 'there is no free loop device';
}

/** Cuts the power under PostgreSQL, kills it, and starts it on what the disk still has. */
export async function losePower({ cluster }: World): Promise<void> {
  if (!disk) throw new Error('PostgreSQL is not on a loop disk');
  disk.cutPower();
  await cluster.kill('postgres');
  disk.unmount();
  disk.mount();
  rmSync(join(disk.mountPoint, 'postgres', 'postmaster.pid'), { force: true });
  await cluster.startProcess('postgres');
}

/**
 * Planted bug: commits are answered before they are on disk. All of them: one that still synced would take the others'
 * bytes to the disk with its own, and so would a written page.
 */
export async function weakenCommits(world: World): Promise<() => Promise<void>> {
  const alter = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: world.cluster.servers.postgresUrl });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  await alter(
    'ALTER SYSTEM SET wal_writer_delay = 10000',
    `ALTER SYSTEM SET wal_writer_flush_after = '64MB'`,
    'ALTER SYSTEM SET bgwriter_lru_maxpages = 0',
    ...DATABASES.map((database) => `ALTER DATABASE ${database} SET synchronous_commit = off`),
    'SELECT pg_reload_conf()',
    ...RECONNECT,
  );
  return () =>
    alter(
      ...DATABASES.map((database) => `ALTER DATABASE ${database} RESET synchronous_commit`),
      'ALTER SYSTEM RESET ALL',
      'SELECT pg_reload_conf()',
      ...RECONNECT,
    );
}

/** Sessions keep the settings they began with. */
const RECONNECT = [`SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a WHERE a.datname LIKE 'relais%'`];
const DATABASES = ['relais_auth', 'relais_auth_keys', 'relais_messaging', 'relais_messaging_keys'];

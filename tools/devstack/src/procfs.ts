import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
/** The parent of what has ended since it was listed. */
const NOBODY = -1;

interface Stat {
  parent: number;
  state: string;
  /** Clock ticks after boot: with the pid it names one process for good. */
  startTicks: number;
  cpuTicks: number;
  /** Of children that ended and were waited for. */
  endedCpuTicks: number;
}

/** What the kernel says about a process, or undefined when there is none (proc(5)). */
export function readStat(pid: number): Stat | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const number = (index: number) => Number(fields[index]);
    return {
      state: fields[0] ?? '',
      parent: number(1),
      cpuTicks: number(11) + number(12),
      endedCpuTicks: number(13) + number(14),
      startTicks: number(19),
    };
  } catch {
    return undefined;
  }
}

export interface Usage {
  /** Memory as the sum of proportional shares (PSS) of the process and its children; RSS where PSS is not told. */
  memoryBytes: number;
  /** Of that, what processes share that was not read from files, such as PostgreSQL's buffers. */
  sharedBytes: number;
  rssBytes: number;
  cpuSeconds: number;
}

/** Memory and CPU time of a process and everything it started; zeros when it is gone. Holds up whom it looks at for milliseconds. */
export function usageOf(pid: number): Usage {
  const all = [pid, ...descendantsOf(pid)];
  const sum = (of: (one: number) => number | undefined) => all.reduce((bytes, one) => bytes + (of(one) ?? 0) * 1024, 0);
  return {
    memoryBytes: sum((one) => kibibytes(one, 'smaps_rollup', 'Pss') ?? kibibytes(one, 'status', 'VmRSS')),
    sharedBytes: sum((one) => kibibytes(one, 'smaps_rollup', 'Pss_Shmem')),
    rssBytes: (kibibytes(pid, 'status', 'VmRSS') ?? 0) * 1024,
    cpuSeconds: cpuSecondsOf([pid])[0] ?? 0,
  };
}

/** CPU time of each of these and of everything it started, found in one look that holds up nobody; zero of one that is gone. */
export function cpuSecondsOf(pids: readonly number[]): number[] {
  const family = familyNow();
  return pids.map((pid) => {
    const ticks = withDescendants(family, pid).reduce((sum, one) => sum + (readStat(one)?.cpuTicks ?? 0), 0);
    return (ticks + (readStat(pid)?.endedCpuTicks ?? 0)) / TICKS_PER_SECOND;
  });
}

/** The processes it started, and theirs. */
export const descendantsOf = (pid: number): number[] => withDescendants(familyNow(), pid).slice(1);

/** The children of each process. */
function familyNow(): Map<number, number[]> {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return Map.groupBy(pids.map(Number), (pid) => readStat(pid)?.parent ?? NOBODY);
}

const withDescendants = (family: Map<number, number[]>, pid: number): number[] => [
  pid,
  ...(family.get(pid) ?? []).flatMap((child) => withDescendants(family, child)),
];

function kibibytes(pid: number, file: string, field: string): number | undefined {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

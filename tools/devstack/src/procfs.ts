import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

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

/** Memory and CPU time of a process and everything it started; zeros when it is gone. */
export function usageOf(pid: number): Usage {
  const all = [pid, ...descendantsOf(pid)];
  const root = readStat(pid);
  const ticks = all.reduce((sum, one) => sum + (readStat(one)?.cpuTicks ?? 0), root?.endedCpuTicks ?? 0);
  const sum = (of: (one: number) => number | undefined) => all.reduce((bytes, one) => bytes + (of(one) ?? 0) * 1024, 0);
  return {
    memoryBytes: sum((one) => kibibytes(one, 'smaps_rollup', 'Pss') ?? kibibytes(one, 'status', 'VmRSS')),
    sharedBytes: sum((one) => kibibytes(one, 'smaps_rollup', 'Pss_Shmem')),
    rssBytes: (kibibytes(pid, 'status', 'VmRSS') ?? 0) * 1024,
    cpuSeconds: ticks / TICKS_PER_SECOND,
  };
}

/** The processes it started, and theirs. */
export function descendantsOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((candidate) => readStat(candidate)?.parent === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function kibibytes(pid: number, file: string, field: string): number | undefined {
  try {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

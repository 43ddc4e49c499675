import type { AlarmPath, AlarmSettings } from '@relais/contracts';

/** Which of their rules people are told by. */
export type RuleSet = 'default' | 'important';

/** What an organization says about the ways by which people are told; settled when an alarm is raised. */
export interface Ladder {
  rules: RuleSet;
  /** For whoever says nothing themselves, and for everybody where it overrides. */
  ways: readonly Way[];
  /** Before all others, whatever anybody says. */
  first: readonly Way[];
  overrides: boolean;
  /** Ways for which what only the directory says is used, too. */
  directory: readonly AlarmPath[];
}

export interface Way {
  path: AlarmPath;
  silentSeconds: number;
}

const APP: readonly AlarmPath[] = ['socket', 'push'];
const OF_DIRECTORY = ['email', 'sms', 'voice'] as const;

export function ladderOf(settings: AlarmSettings, rules: RuleSet): Ladder {
  const { paths, deviceSilentSeconds, overridesContactRules, appFirst, directoryAddresses } = settings;
  const wayOf = (path: AlarmPath): Way => ({ path, silentSeconds: deviceSilentSeconds[path] });
  return {
    ...{ rules, overrides: overridesContactRules, ways: [...new Set(paths)].map(wayOf) },
    first: appFirst ? APP.map(wayOf) : [],
    directory: OF_DIRECTORY.filter((path) => directoryAddresses[path]),
  };
}

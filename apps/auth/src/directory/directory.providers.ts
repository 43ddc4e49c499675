import type { Provider } from '@nestjs/common';
import { Applier } from './applier.js';
import { DirectoryPasswords } from './directory-passwords.js';
import { DirectoryRuns } from './directory-runs.js';
import { DirectorySecrets } from './directory-settings.js';
import { ListDirectoryChangesHandler } from './list-changes.js';
import { ManageDirectoriesHandler } from './manage-directories.js';
import { Planner } from './planner.js';
import { RunDirectoryHandler } from './run-directory.js';
import { TestDirectoryHandler } from './test-directory.js';
import { UndoRunHandler } from './undo-run.js';

export const directory: Provider[] = [
  DirectorySecrets,
  DirectoryPasswords,
  Planner,
  Applier,
  DirectoryRuns,
  ManageDirectoriesHandler,
  ListDirectoryChangesHandler,
  RunDirectoryHandler,
  TestDirectoryHandler,
  UndoRunHandler,
];

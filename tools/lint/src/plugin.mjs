import { boundaries } from './boundaries.mjs';
import { parametrisedSql } from './parametrised-sql.mjs';
import { randomSecrets } from './random-secrets.mjs';
import { typeImports } from './type-imports.mjs';

/** Our own rules, loaded by .oxlintrc.json. A default export because that is what oxlint asks of a plugin. */
export default {
  meta: { name: 'relais' },
  rules: {
    boundaries,
    'parametrised-sql': parametrisedSql,
    'random-secrets': randomSecrets,
    'type-imports': typeImports,
  },
};

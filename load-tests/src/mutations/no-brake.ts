import { classIn, replace } from './plant.js';

type Plan = (...args: never[]) => Promise<{ disables: number }>;

/** Planted bug: however many a run would put out, it seems to be none. */
const planner = await classIn('apps/auth/dist/directory/planner.js', 'Planner');
replace<Plan>(
  planner,
  'plan',
  (plan) =>
    async function (this: unknown, ...args) {
      return { ...(await plan.apply(this, args)), disables: 0 };
    },
);

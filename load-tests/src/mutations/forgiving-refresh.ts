import { classIn, replace } from './plant.js';

/** Planted bug: a refresh token that comes a second time is refused, and nothing else happens. */
const handler = await classIn('apps/auth/dist/sessions/refresh-session.js', 'RefreshSessionHandler');
replace(handler, 'endStolen', () => () => Promise.resolve({ refusal: 'reuse', revocations: [] }));

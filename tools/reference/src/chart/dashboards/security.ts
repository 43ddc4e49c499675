import { type Dashboard, graph, growth, max, quantiles, query, rate, stat } from './panels.js';

export const security: Dashboard = {
  uid: 'relais-security',
  title: 'Sign-in and security',
  description: 'Ways in, ways out, and what looks like theft.',
  alerts: [
    'RelaisAuthFailureSpike',
    'RelaisRefreshTokenReused',
    'RelaisSigningKeyExpiring',
    'RelaisOffboardingSlow',
    'RelaisAuditWriteFailing',
  ],
  rows: [
    {
      title: 'In',
      panels: [
        graph('Ways in', 'ops', 'Tried, by method and outcome.', rate('relais_auth_attempts_total', 'method, outcome')),
        graph('Refused', 'ops', 'By the reason.', rate('relais_auth_attempts_total', 'reason', 'outcome="refused"')),
        graph(
          'Password hashes',
          's',
          'Time of one, without waiting.',
          quantiles('relais_auth_password_hash_duration_seconds'),
        ),
        graph('Waiting for a hash', 'short', 'By replica.', max('relais_auth_password_hash_waiting', 'pod')),
      ],
    },
    {
      title: 'Out',
      panels: [
        graph(
          'Put out',
          'ops',
          'Users, devices and sessions, by cause.',
          rate('relais_auth_revocations_total', 'cause'),
        ),
        graph(
          'Until the last socket is closed',
          's',
          'From the revocation, by gateway.',
          quantiles('relais_auth_revocation_propagation_seconds', 'pod'),
        ),
        stat(
          'Stolen sessions ended',
          'short',
          'Refresh tokens used again, in the time shown.',
          growth('relais_auth_refresh_reuse_total'),
        ),
        stat(
          'Wipes not confirmed',
          'short',
          'After a day, in the time shown.',
          growth('relais_auth_wipes_overdue_total'),
        ),
        stat(
          'Refusals not recorded',
          'short',
          'That are missing among the facts, in the time shown.',
          growth('relais_audit_write_failures_total'),
        ),
      ],
    },
    {
      title: 'Tokens and keys',
      panels: [
        graph(
          'Tokens looked at',
          'ops',
          'By auth, by outcome.',
          rate('relais_auth_token_verifications_total', 'outcome'),
        ),
        graph('Proofs of possession', 'ops', 'By outcome.', rate('relais_gateway_proofs_total', 'outcome')),
        stat(
          'Signing key ends',
          's',
          'From now.',
          query('min by (key) (relais_auth_signing_key_expiry_timestamp_seconds{$S}) - time()', '{{key}}'),
        ),
        graph(
          'Limits',
          'ops',
          'Decisions, by who made them: the store, or each gateway alone.',
          rate('relais_limit_decisions_total', 'by, allowed'),
        ),
      ],
    },
    {
      title: 'Directories',
      panels: [
        graph('Runs', 'ops', 'That ended or stopped, by state.', rate('relais_auth_directory_runs_total', 'state')),
      ],
    },
  ],
};

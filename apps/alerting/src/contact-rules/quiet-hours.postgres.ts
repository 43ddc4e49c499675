/**
 * When the quiet hours that a person is in end; null when they are in none. Over a row `q` of `quiet_hours` and a moment `at`,
 * by the database's rules of time zones and daylight saving. Hours that end before they begin go over midnight and belong to
 * the day on which they began.
 */
export const QUIET_UNTIL = `(SELECT CASE
    WHEN q.begins < q.ends AND extract(isodow FROM l.t) = ANY(q.days) AND l.t::time >= q.begins AND l.t::time < q.ends
      THEN l.t::date + q.ends
    WHEN q.begins > q.ends AND extract(isodow FROM l.t) = ANY(q.days) AND l.t::time >= q.begins
      THEN l.t::date + 1 + q.ends
    WHEN q.begins > q.ends AND extract(isodow FROM l.t - interval '1 day') = ANY(q.days) AND l.t::time < q.ends
      THEN l.t::date + q.ends
  END AT TIME ZONE q.time_zone
  FROM (SELECT m.at AT TIME ZONE q.time_zone AS t) l)`;

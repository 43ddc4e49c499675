import { cell, html } from './escape.js';
import { reportCsv } from './report-csv.js';
import { drillPage } from './drill-page.js';
import type { WholeDrill } from './drill-source.js';
import { PAGE_POLICY } from './page.js';
import { reportPage } from './report-page.js';
import type { WholeReport } from './report-source.js';

const HOSTILE = `</title></style><script>alert(1)</script><img src=x onerror="alert('2')">&amp;\u202eevil`;
const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds)).toISOString();

const report = (items: object[]): WholeReport =>
  ({
    alarm: {
      ...{
        id: 'a1',
        severity: 'emergency',
        title: HOSTILE,
        text: HOSTILE,
        state: 'acknowledged',
        needed: 1,
        accepted: 1,
      },
      answers: [{ key: 'coming', label: HOSTILE, means: 'accepted' }],
      ...{ raisedBy: 'boss', raisedAt: at(0), updatedAt: at(9), isDrill: true, isSilent: false },
    },
    summary: { recipients: 2, reached: 1, answered: 1, steps: [{ step: 0, cycle: 0, firstAt: at(1), people: 2 }] },
    checklist: [{ id: 'c1', text: HOSTILE, assigneeId: 'bob', doneBy: 'bob', doneAt: at(5) }],
    items: (async function* () {
      yield* items;
    })(),
    nameOf: (id: string) => `${HOSTILE}${id}`,
  }) as unknown as WholeReport;

const told = {
  ...{ step: 0, cycle: 0, path: 'socket', state: 'shown', attempts: 1, problem: HOSTILE },
  ...{ queuedAt: at(1), sentAt: at(1), receivedAt: at(2), shownAt: at(3) },
};
const people = [
  { userId: 'bob', told: [told], answer: 'coming', etaMinutes: 5, note: HOSTILE, answeredAt: at(4) },
  { userId: 'eve', told: [] },
];
async function textOf(parts: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const part of parts) all += part;
  return all;
}

describe('the report of an alarm as a page', () => {
  it('is text wherever people wrote, loads nothing and runs nothing', async () => {
    const page = await textOf(reportPage(report(people), 'UTC'));

    expect(page).not.toMatch(/<script|<img|onerror="|\u202e/i);
    expect(page.match(/<\/(title|style)>/g)).toEqual(['</title>', '</style>']);
    expect(page).not.toMatch(/(?:src|href|url)\s*[=(]\s*["']?(?:https?:|\/\/|data:)/);
    expect(page).toContain(html(PAGE_POLICY));
    expect(PAGE_POLICY).toMatch(/^default-src 'none'/);
  });

  it('says how far it came, who was told and when in the zone of the reader with UTC beside it', async () => {
    const page = await textOf(reportPage(report(people), 'Asia/Tokyo'));

    expect(page).toContain('1 of 2 people by at least one device');
    expect(page).toContain('2026-01-01 21:00:02 <small>12:00:02 UTC</small>');
    expect(page).toContain('there in 5 min');
    expect(page).toContain('@media print');
    expect(page).toContain('class="drill"');
    expect(page).toMatch(/Checklist[^]*21:00:05/);
  });

  it('says each time once to who reads UTC', async () => {
    const page = await textOf(reportPage(report(people), 'UTC'));

    expect(page).toContain('<td>2026-01-01 12:00:02</td>');
    expect(page).toContain('<dt>Times</dt><dd>UTC; of the server</dd>');
    expect(page).not.toContain('<small>12:00:02');
  });

  it('does not begin in a zone that there is not', async () => {
    await expect(textOf(reportPage(report(people), 'Mars/Base'))).rejects.toMatchObject({ code: 'unknown_time_zone' });
  });
});

const drill = (more: object = {}): WholeDrill =>
  ({
    drill: {
      ...{
        id: 'd1',
        state: 'done',
        trigger: 'person',
        startedBy: 'boss',
        startedAt: at(0),
        endsAt: at(9),
        endedAt: at(9),
      },
      ...{ plan: { poolIds: ['p1'], everyone: false, seconds: 300 }, score: 40 },
      report: {
        ...{ deadTokens: 7, people: 2, reached: 1, pools: [{ poolId: 'p1', people: 2, reached: 1 }] },
        paths: [{ path: 'push', told: 2, sent: 1, received: 1, failed: 1, problems: { [HOSTILE]: 1 } }],
        ...{ unreached: ['eve'], withoutPath: ['eve'], gaps: [{ rosterId: 'r1', from: at(1), to: at(2) }] },
        policies: [
          { policyId: 'e1', errors: 1, warnings: 2 },
          { policyId: 'e2', errors: 0, warnings: 0 },
        ],
        parts: { reach: 0.5, duty: 1, policies: 0.5 },
      },
      ...more,
    },
    ...{ nameOf: (id: string) => `${HOSTILE}${id}`, titleOf: (id: string) => `${HOSTILE}${id}` },
  }) as unknown as WholeDrill;

describe('a drill as a page', () => {
  it('is text wherever people wrote, loads nothing and runs nothing', () => {
    const page = drillPage(drill(), 'UTC');

    expect(page).not.toMatch(/<script|<img|onerror="|\u202e/i);
    expect(page.match(/<\/(title|style)>/g)).toEqual(['</title>', '</style>']);
    expect(page).toContain(html(PAGE_POLICY));
  });

  it('says whom it reached by which way, whom not, and what else would go wrong', () => {
    const page = drillPage(drill(), 'Asia/Tokyo');

    for (const said of ['40 of 100', '1 of 2 people by at least one device', 'reach 50 %', 'none but an open app'])
      expect(page).toContain(said);
    expect(page).toMatch(/Dead push registrations<\/dt><dd>7</);
    expect(page).toMatch(/Nobody on duty[^]*r1[^]*21:00:01[^]*21:00:02/);
    expect(page).toMatch(/Policies that would not work[^]*e1<\/td><td>1<\/td><td>2</);
    expect(page).not.toContain('e2</td>');
  });

  it('has no more than its state before it is judged', () => {
    const page = drillPage(drill({ state: 'running', endedAt: undefined, score: undefined, report: undefined }), 'UTC');

    expect(page).toMatch(/<dd>running<\/dd>/);
    expect(page).not.toContain('<h2>');
  });
});

describe('the report of an alarm as a table', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\n=1', '\uff1d1'])(
    'holds no formula: %j (A-03)',
    (text) => {
      expect(cell(text).replaceAll('"', '')).toMatch(/^'/);
    },
  );

  it.each([
    ['plain', 'plain'],
    ['a "b", c', '"a ""b"", c"'],
    ['two\nlines', '"two\nlines"'],
    [-5, '-5'],
    [undefined, ''],
  ])('writes %j as %j', (value, written) => {
    expect(cell(value as string)).toBe(written);
  });

  it('has a line for each telling, and one for who was told by none', async () => {
    const named = { ...report(people), nameOf: (id: string) => `=HYPERLINK("x","${id}")` } as WholeReport;
    const lines = (await textOf(reportCsv(named)))
      .replace(/^\ufeff/, '')
      .trimEnd()
      .split('\r\n');

    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^"'=HYPERLINK\(""x"",""bob""\)",bob,0,0,socket,shown,/);
    expect(lines[2]).toMatch(/,eve,,,,/);
  });
});

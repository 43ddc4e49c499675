import { newId } from '@relais/kernel';
import { signDpopProof } from '@relais/security';
import { HOSTILE } from './answering-reports.js';
import { type Someone, someone } from './issuer.js';
import { startWorld, type World } from './world.js';

describe('the report of an alarm at the edge', () => {
  let world: World;
  let reader: Someone;

  beforeAll(async () => {
    world = await startWorld();
    reader = someone();
  });
  afterAll(() => world.close());

  const read = (path: string, alarmId: string = newId(), token?: string) => readAt(`alarms/${alarmId}/${path}`, token);
  async function readAt(path: string, token?: string) {
    const accessToken = token ?? (await world.tokenFor(reader));
    const url = `${world.url}/v1/${path}`;
    const dpop = signDpopProof(reader.key, { method: 'GET', url, accessToken });
    const answer = await fetch(url, { headers: { authorization: `DPoP ${accessToken}`, dpop } });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  it('is a page that loads nothing, runs nothing, and holds all pages of the report with names (A-03)', async () => {
    const { status, headers, text } = await read('report.html?timeZone=Europe/Berlin');

    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).toMatch(/Known Person[^]*Known Person[^]*<\/html>\n$/);
    expect(text).not.toMatch(/<script/i);
    expect(text).toContain('&lt;script&gt;');
  });

  it('is a table to save, without formulas (A-03)', async () => {
    const { status, headers, text } = await read('report.csv');

    expect([status, headers.get('content-disposition')]).toEqual([
      200,
      expect.stringMatching(/^attachment; filename="alarm-[0-9a-f-]+\.csv"$/),
    ]);
    expect(text.trimEnd().split('\r\n')).toHaveLength(3);
    expect(text).toContain(`"'=${HOSTILE.replaceAll('"', '""')}"`);
  });

  it.each([
    ['report.html?timeZone=Mars/Base', undefined, 400, 'unknown_time_zone'],
    ['report.html?timeZone=UTC&timeZone=UTC', undefined, 400, 'invalid_request'],
    ['report.html?style=mine', undefined, 400, 'invalid_request'],
    ['report.csv', 'x', 400, 'invalid_request'],
    ['report.html', '00000000-0000-7000-8000-000000000000', 404, 'alarm_not_found'],
  ])('%s of %s answers %d %s', async (path, alarmId, status, code) => {
    const answer = await read(path, alarmId);

    expect([answer.status, (JSON.parse(answer.text) as { code: string }).code]).toEqual([status, code]);
  });

  it('of a drill is a page like it, with names (A-03)', async () => {
    const drillId = newId();
    const { status, headers, text } = await readAt(`alarm-drills/${drillId}/report.html?timeZone=Europe/Berlin`);

    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect(text).toMatch(/Known Person[^]*<\/html>\n$/);
    expect(text).toContain(drillId);
  });

  it.each([
    [`${newId()}/report.html?timeZone=Mars/Base`, 400, 'unknown_time_zone'],
    ['x/report.html', 400, 'invalid_request'],
    ['00000000-0000-7000-8000-000000000000/report.html', 404, 'drill_not_found'],
  ])('of a drill: %s answers %d %s', async (path, status, code) => {
    const answer = await readAt(`alarm-drills/${path}`);

    expect([answer.status, (JSON.parse(answer.text) as { code: string }).code]).toEqual([status, code]);
  });

  it('is for nobody without a token (A-42)', async () => {
    expect((await read('report.html', newId(), 'a.b.c')).status).toBe(401);
    expect((await fetch(`${world.url}/v1/alarms/${newId()}/report.csv`)).status).toBe(401);
  });
});

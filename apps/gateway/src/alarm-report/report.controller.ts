import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { alarmId as alarmIdSchema, ROUTES, type Route, notTaken } from '@relais/contracts';
import type { Principal } from '@relais/security';
import type { GatewayRequest } from '../http/gateway-request.js';
import { LimitGuard } from '../http/limit.guard.js';
import { ServedRoute } from '../http/served-route.js';
import { TokenGuard } from '../http/token.guard.js';
import { reportCsv } from './report-csv.js';
import { openReport, type WholeReport } from './report-source.js';
import { reportPage } from './report-page.js';
import { checked, sendPage, type StreamedReply } from './send-page.js';

const json = ROUTES.readAlarmReport as Route;

/**
 * The report of an alarm for people: a page to print and a table. Not in ROUTES, because the answers are no JSON; who may read them
 * is what `readAlarmReport` says.
 */
@Controller('/v1/alarms/:alarmId')
export class ReportController {
  constructor(private readonly bus: Bus) {}

  @Get('report.html')
  @ServedRoute(json)
  @UseGuards(TokenGuard, LimitGuard)
  async page(
    @Param('alarmId') alarmId: string,
    @Query() query: Record<string, unknown>,
    @Req() { caller }: GatewayRequest,
    @Res() reply: StreamedReply,
  ): Promise<void> {
    const { timeZone = 'UTC' } = checked(query, ['timeZone']);
    const report = await open(this.bus, alarmId, caller);
    sendPage(reply, Readable.from(await begun(reportPage(report, timeZone))));
  }

  @Get('report.csv')
  @ServedRoute(json)
  @UseGuards(TokenGuard, LimitGuard)
  async table(
    @Param('alarmId') alarmId: string,
    @Query() query: Record<string, unknown>,
    @Req() { caller }: GatewayRequest,
    @Res() reply: StreamedReply,
  ): Promise<void> {
    checked(query, []);
    const report = await open(this.bus, alarmId, caller);
    reply
      .header('content-type', 'text/csv; charset=utf-8; header=present')
      .header('content-disposition', `attachment; filename="alarm-${report.alarm.id}.csv"`)
      .send(Readable.from(reportCsv(report)));
  }
}

function open(bus: Bus, alarmId: string, caller: Principal | undefined): Promise<WholeReport> {
  const parsed = alarmIdSchema.safeParse(alarmId);
  if (!parsed.success || !caller) throw notTaken('not the id of an alarm');
  return openReport(bus, alarmId, caller);
}

/** What is wrong with the beginning is an error, and not half a page. */
async function begun(parts: AsyncIterable<string>): Promise<AsyncIterable<string>> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    if (!first.done) yield first.value;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  })();
}

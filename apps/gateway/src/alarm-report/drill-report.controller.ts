import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { readDrill, ROUTES, type Route, notTaken } from '@relais/contracts';
import type { GatewayRequest } from '../http/gateway-request.js';
import { LimitGuard } from '../http/limit.guard.js';
import { ServedRoute } from '../http/served-route.js';
import { TokenGuard } from '../http/token.guard.js';
import { drillPage } from './drill-page.js';
import { openDrill } from './drill-source.js';
import { checked, sendPage, type StreamedReply } from './send-page.js';

/** A drill for people: a page to print. Not in ROUTES, because it is no JSON; who may read it is what `readDrill` says. */
@Controller('/v1/alarm-drills/:drillId')
export class DrillReportController {
  constructor(private readonly bus: Bus) {}

  @Get('report.html')
  @ServedRoute(ROUTES.readDrill as Route)
  @UseGuards(TokenGuard, LimitGuard)
  async page(
    @Param('drillId') drillId: string,
    @Query() query: Record<string, unknown>,
    @Req() { caller }: GatewayRequest,
    @Res() reply: StreamedReply,
  ): Promise<void> {
    const { timeZone = 'UTC' } = checked(query, ['timeZone']);
    if (!caller || !readDrill.input.safeParse({ drillId }).success) throw notTaken('not the id of a drill');
    const drill = await openDrill(this.bus, drillId, caller);
    sendPage(reply, Readable.from([drillPage(drill, timeZone)]));
  }
}

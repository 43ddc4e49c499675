import { Controller, Get, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { Bus } from '@relais/bus';
import {
  INCOMING_PATH,
  receiveAlertmanager,
  receiveHeartbeat,
  receiveSignedWebhook,
  type Taken,
} from '@relais/contracts';
import type { GatewayRequest } from '../http/gateway-request.js';
import { passedOn } from '../http/passed-on.js';
import { PublicLimitGuard } from '../http/public-limit.guard.js';
import { secretIn } from './secret-in.js';

/**
 * Where other systems say that something is wrong. Not in ROUTES: what is posted has the form of whoever posts it, and may be
 * signed, so it is passed on byte for byte. Alerting knows the senders; nobody here has a token.
 */
@Controller(`${INCOMING_PATH}/:organizationId/:sourceId`)
@UseGuards(PublicLimitGuard)
export class IncomingController {
  constructor(private readonly bus: Bus) {}

  @Post('alertmanager')
  @HttpCode(200)
  alertmanager(@Param() params: object, @Req() { headers, body }: GatewayRequest): Promise<Taken> {
    const said = { ...params, secret: secretIn(headers.authorization), body: textOf(body) };
    return this.bus.request(receiveAlertmanager, passedOn(receiveAlertmanager, said));
  }

  @Post('webhook')
  @HttpCode(200)
  webhook(@Param() params: object, @Req() { headers, body }: GatewayRequest): Promise<Taken> {
    const id = headers['webhook-id'];
    const [timestamp, signature] =
      id === undefined
        ? [headers['relais-timestamp'], headers['relais-signature']]
        : [headers['webhook-timestamp'], headers['webhook-signature']];
    const said = { ...params, ...(id === undefined ? {} : { id }), timestamp, signature, body: textOf(body) };
    return this.bus.request(receiveSignedWebhook, passedOn(receiveSignedWebhook, said));
  }

  /** By `curl` from a cron job, or by whatever else can ask for an address. */
  @Get('heartbeat')
  @HttpCode(200)
  heard(@Param() params: object, @Req() { headers }: GatewayRequest): Promise<object> {
    return this.beat(params, headers.authorization);
  }

  @Post('heartbeat')
  @HttpCode(200)
  posted(@Param() params: object, @Req() { headers }: GatewayRequest): Promise<object> {
    return this.beat(params, headers.authorization);
  }

  private beat(params: object, authorization: string | undefined): Promise<object> {
    const said = { ...params, secret: secretIn(authorization) };
    return this.bus.request(receiveHeartbeat, passedOn(receiveHeartbeat, said));
  }
}

const textOf = (body: unknown): string => (typeof body === 'string' ? body : '');

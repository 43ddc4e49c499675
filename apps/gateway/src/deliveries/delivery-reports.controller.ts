import { Controller, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { DELIVERY_REPORT_PATH, receiveDeliveryReport, REPORT_HEADERS } from '@relais/contracts';
import type { GatewayRequest } from '../http/gateway-request.js';
import { passedOn } from '../http/passed-on.js';
import { PublicLimitGuard } from '../http/public-limit.guard.js';

/**
 * Where providers of messages and calls say what became of them. Not in ROUTES: what is posted has the form of the provider and
 * is signed, so it is passed on byte for byte. Alerting knows the providers; nobody here has a token.
 */
@Controller(`${DELIVERY_REPORT_PATH}/:provider/:organizationId/:notificationId`)
@UseGuards(PublicLimitGuard)
export class DeliveryReportsController {
  constructor(private readonly bus: Bus) {}

  @Post()
  @HttpCode(200)
  async report(@Param() params: object, @Req() { headers, body }: GatewayRequest): Promise<object> {
    const signed = Object.fromEntries(
      REPORT_HEADERS.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
    );
    const said = { ...params, headers: signed, body: typeof body === 'string' ? body : '' };
    return this.bus.request(receiveDeliveryReport, passedOn(receiveDeliveryReport, said));
  }
}

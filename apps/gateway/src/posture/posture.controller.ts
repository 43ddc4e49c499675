import { Controller, HttpCode, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { HTTP_STATUS, receivePostureReport, receiveSecurityEvent, notTaken } from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { GatewayRequest } from '../http/gateway-request.js';
import type { Reply } from '../http/problem.js';
import { passedOn } from '../http/passed-on.js';
import { PublicLimitGuard } from '../http/public-limit.guard.js';
import { isSecurityEventType } from '../http/raw-bodies.js';

/**
 * Where device management says whether devices are in order. Not in ROUTES: what is posted is signed, so it is passed on byte
 * for byte, and security event tokens are answered as RFC 8935 has it. Auth knows the senders; nobody here has a token.
 */
@Controller('/v1/posture/:organizationId/:sourceId')
@UseGuards(PublicLimitGuard)
export class PostureController {
  constructor(private readonly bus: Bus) {}

  /** RFC 8935, 2: 202 and nothing, or 400 and what is wrong. */
  @Post('events')
  async event(@Param() params: object, @Req() request: GatewayRequest, @Res() reply: Reply): Promise<void> {
    if (!isSecurityEventType(request.headers['content-type'])) throw notTaken('expected application/secevent+jwt');
    const input = passedOn(receiveSecurityEvent, { ...params, body: request.body });
    try {
      await this.bus.request(receiveSecurityEvent, input);
    } catch (error) {
      const { details } = AppError.from(error);
      if (!details?.['err']) throw error;
      return void reply
        .status(HTTP_STATUS.invalid)
        .header('content-type', 'application/json')
        .header('content-language', 'en')
        .send(Buffer.from(JSON.stringify(details)));
    }
    reply.status(202).send(Buffer.alloc(0));
  }

  @Post('reports')
  @HttpCode(202)
  async report(@Param() params: object, @Req() { headers, body }: GatewayRequest): Promise<void> {
    if (isSecurityEventType(headers['content-type'])) throw notTaken('expected application/json');
    const signed = { timestamp: headers['relais-timestamp'], signature: headers['relais-signature'] };
    await this.bus.request(receivePostureReport, passedOn(receivePostureReport, { ...params, ...signed, body }));
  }
}

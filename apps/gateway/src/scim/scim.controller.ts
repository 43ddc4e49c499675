import { All, Controller, Req, Res, UseGuards } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { handleScim, SCIM_MEDIA_TYPE, SCIM_PATH, type ScimAnswer, invalidRequest } from '@relais/contracts';
import type { GatewayRequest } from '../http/gateway-request.js';
import type { Reply } from '../http/problem.js';
import { PublicLimitGuard } from '../http/public-limit.guard.js';

const BEARER = /^bearer +([\w.~+/=-]{1,256}) *$/i;

/**
 * Where identity management writes people (RFC 7644). Not in ROUTES: errors and media type are those of SCIM, and who asks
 * is known by a secret of its own. Everything is decided in auth; a request is passed on as it came.
 */
@Controller(SCIM_PATH)
@UseGuards(PublicLimitGuard)
export class ScimController {
  constructor(private readonly bus: Bus) {}

  @All('*')
  async handle(@Req() request: GatewayRequest, @Res() reply: Reply): Promise<void> {
    const { method, url, headers, query, body } = request;
    const input = handleScim.input.safeParse({
      ...{ method, query, path: pathOf(url), body: typeof body === 'string' ? body : '' },
      bearer: BEARER.exec(headers.authorization ?? '')?.[1] ?? '',
      ...(headers['if-match'] === undefined ? {} : { ifMatch: headers['if-match'] }),
      ...(headers['if-none-match'] === undefined ? {} : { ifNoneMatch: headers['if-none-match'] }),
    });
    if (!input.success) throw invalidRequest(input.error);
    send(reply, await this.bus.request(handleScim, input.data));
  }
}

const pathOf = (url: string): string => url.slice(SCIM_PATH.length).split(/[?#]/, 1)[0] ?? '';

function send(reply: Reply, { status, body, etag, location, retryAfterSeconds }: ScimAnswer): void {
  reply.status(status);
  if (body !== '') reply.header('content-type', SCIM_MEDIA_TYPE);
  if (etag !== undefined) reply.header('etag', etag);
  if (location !== undefined) reply.header('location', location);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  reply.send(Buffer.from(body));
}

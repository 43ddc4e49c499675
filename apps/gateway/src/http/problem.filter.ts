import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { AppError } from '@relais/kernel';
import type { Log } from '@relais/observability';
import type { GatewayRequest } from './gateway-request.js';
import { type Problem, problemOf, problemOfHttp, type Reply, sendProblem } from './problem.js';
import { isScim, scimProblem } from '../scim/scim-answers.js';
import { allowedMethods } from './route-table.js';

const METHOD_NOT_ALLOWED = 405;

/** Writes every failure as application/problem+json (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const allowed = isStatus(thrown, 404) ? allowedMethods(request.url) : [];
    const problem = allowed.length > 0 ? problemOf(wrongMethod, METHOD_NOT_ALLOWED) : this.understand(thrown, request);
    const reply = http.getResponse<Reply>();
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
    sendProblem(reply, isScim(request.url) ? scimProblem(problem) : problem);
  }

  private understand(thrown: unknown, request: GatewayRequest): Problem {
    if (thrown instanceof HttpException) return problemOfHttp(thrown.getStatus());
    if (hasHungUp(request)) return problemOfHttp(400);
    const error = AppError.from(thrown);
    if (error.kind === 'internal') this.log.error({ event: 'http.failed', error: thrown });
    return problemOf(error);
  }
}

/** Whoever ends a request in the middle is not there to hear what became of it, and nothing of ours has failed. */
const hasHungUp = ({ raw }: GatewayRequest): boolean => raw.destroyed && !raw.complete;
const wrongMethod = new AppError('invalid', 'method_not_allowed');
const isStatus = (thrown: unknown, status: number): boolean =>
  thrown instanceof HttpException && thrown.getStatus() === status;

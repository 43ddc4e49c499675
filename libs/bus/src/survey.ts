import { createInbox } from '@nats-io/transport-node';
import type { SurveyContract } from '@relais/contracts';
import { counter } from '@relais/observability';
import type { z } from 'zod';
import type { BusConnection } from './connect.js';
import { parseJson } from './wire.js';

/** No service has more replicas. */
const MAX_ANSWERS = 1_000;
/** What the server says at once when nobody listens. */
const NO_RESPONDERS = 503;

const failed = counter('relais_surveys_failed_total', 'Surveys that could not be asked or answered, or were malformed');

/** Questions to all replicas of a service at once: whoever has something to say answers. */
export class Surveys {
  constructor(private readonly connection: BusConnection) {}

  /** What came in time. None means that nobody had anything to say, that nobody is there, or that NATS is away. */
  ask<Question extends z.ZodType, Answer extends z.ZodType>(
    contract: SurveyContract<Question, Answer>,
    question: z.input<Question>,
    waitMs: number,
  ): Promise<z.output<Answer>[]> {
    const { connection } = this;
    if (!connection.isUp()) return Promise.resolve([]);
    return new Promise((resolve) => {
      const answers: z.output<Answer>[] = [];
      const inbox = createInbox(`_INBOX.${connection.service}`);
      const end = () => {
        clearTimeout(timer);
        subscription.unsubscribe();
        resolve(answers);
      };
      const timer = setTimeout(end, waitMs);
      const subscription = connection.nats.subscribe(inbox, {
        callback: (error, message) => {
          if (error || message.headers?.code === NO_RESPONDERS) return end();
          const parsed = contract.answer.safeParse(parseJson(message.string()));
          if (!parsed.success) return failed.inc();
          answers.push(parsed.data);
          if (answers.length >= MAX_ANSWERS) end();
        },
      });
      connection.nats.publish(contract.subject, JSON.stringify(question), { reply: inbox });
    });
  }

  /** Answers a survey until the returned function is called; null says nothing. */
  answer<Question extends z.ZodType, Answer extends z.ZodType>(
    contract: SurveyContract<Question, Answer>,
    answer: (question: z.output<Question>) => z.input<Answer> | null,
  ): () => void {
    const subscription = this.connection.nats.subscribe(contract.subject, {
      callback: (error, message) => {
        if (error) return;
        try {
          const said = answer(contract.question.parse(parseJson(message.string())));
          if (said !== null) message.respond(JSON.stringify(said));
        } catch {
          // What is thrown here would take the connection down.
          failed.inc();
        }
      },
    });
    return () => subscription.unsubscribe();
  }
}

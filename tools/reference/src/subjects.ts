import { EVENTS, REQUESTS, SERVICES, type ServiceName, SIGNALS, SURVEYS, serviceOf } from '@relais/contracts';
import { contractDocs } from './contract-docs.js';
import { contractNames } from './contract-names.js';
import { code, codes, document, table } from './markdown.js';
import { type Page, page } from './page.js';

interface Named {
  subject: string;
}
type Links = (typeof SERVICES)[ServiceName];

const bySubject = (a: Named, b: Named): number => (a.subject < b.subject ? -1 : 1);

const servicesThat = (has: (links: Links) => readonly Named[], contract: Named): string[] =>
  Object.entries(SERVICES).flatMap(([name, links]) =>
    has(links).some((one) => one.subject === contract.subject) ? [name] : [],
  );

const meaning = (): ((contract: Named) => string) => {
  const docs = contractDocs();
  const names = contractNames();
  return ({ subject }) => docs.get(names.get(subject) ?? '') ?? '';
};

const requests = (): string => {
  const explain = meaning();
  const rows = REQUESTS.toSorted(bySubject).map((contract) => [
    code(contract.subject),
    serviceOf(contract),
    servicesThat(({ calls }) => calls, contract).join(', '),
    contract.access,
    codes(Object.keys(contract.errors).sort()),
    explain(contract),
  ]);
  return table(['subject', 'answered by', 'asked by', 'on behalf of', 'errors of its own', 'meaning'], rows);
};

const events = (): string => {
  const explain = meaning();
  const rows = EVENTS.toSorted(bySubject).map((contract) => [
    code(contract.subject),
    servicesThat(({ emits }) => emits, contract).join(', '),
    servicesThat(({ consumes }) => consumes, contract).join(', ') || 'nobody',
    explain(contract),
  ]);
  return table(['subject', 'published by', 'consumed by', 'meaning'], rows);
};

const signals = (): string => {
  const explain = meaning();
  const rows = SIGNALS.toSorted(bySubject).map((contract) => [
    code(contract.subject),
    servicesThat((links) => links.signals, contract).join(', '),
    servicesThat(({ hears }) => hears, contract).join(', '),
    explain(contract),
  ]);
  return table(['subject', 'sent by', 'heard by', 'meaning'], rows);
};

const surveys = (): string => {
  const explain = meaning();
  const rows = SURVEYS.toSorted(bySubject).map((contract) => [
    code(contract.subject),
    servicesThat((links) => links.surveys ?? [], contract).join(', '),
    contract.subject.split('.')[1] ?? '',
    explain(contract),
  ]);
  return table(['subject', 'asked by', 'answered by', 'meaning'], rows);
};

const live = (): string => {
  const having = (...kinds: Links['live'][]): string =>
    Object.entries(SERVICES)
      .flatMap(([name, links]) => (kinds.includes(links.live) ? [name] : []))
      .join(', ');
  const rows = [
    ['live.<organization>.user.<user>', 'a direct conversation of that person'],
    ['live.<organization>.conversation.<conversation>', 'a group or a channel, once for all its members'],
    ['live.<organization>.people', 'many people at once, who are named in it: an alarm'],
  ];
  return table(
    ['subject', 'carries', 'published by', 'heard by'],
    rows.map(([subject = '', carries = '']) => [code(subject), carries, having('publishes', 'both'), having('both')]),
  );
};

/** Every subject of the bus: who may say it, who listens, and what it means. */
export const subjects = (): Page =>
  page(
    'subjects.md',
    document(
      'Subjects',
      'Requests go over core NATS to one replica of the answering service. Any of them may also answer with the errors that errors.md lists under “any request”.',
      '## Requests',
      requests(),
      '## Events',
      'Over JetStream, at least once, without content. Consumers recognise repetitions by the event id.',
      events(),
      '## Signals',
      'To every replica, at most once.',
      signals(),
      '## Surveys',
      'Questions to every replica; the answers that come in time count.',
      surveys(),
      '## Live',
      'At most once and never stored; a reader that misses one notices the gap in `seq` and reads it from messaging.',
      live(),
    ),
  );

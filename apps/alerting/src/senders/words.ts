import type { Severity } from '@relais/contracts';
import type { AlarmMessage } from './messages.js';

interface Words {
  language: string;
  severity: Readonly<Record<Severity, string>>;
  drill: string;
  more: (count: number) => string;
  /** Where nothing of what an alarm says may leave. */
  untold: string;
}

const ENGLISH: Words = {
  language: 'en-GB',
  severity: { emergency: 'EMERGENCY', alarm: 'ALARM', notice: 'Notice' },
  drill: 'DRILL',
  more: (count) => (count === 1 ? '1 more alarm' : `${count} more alarms`),
  untold: 'Open the app to see it',
};
const GERMAN: Words = {
  language: 'de-DE',
  severity: { emergency: 'NOTFALL', alarm: 'ALARM', notice: 'Hinweis' },
  drill: 'ÜBUNG',
  more: (count) => (count === 1 ? '1 weiterer Alarm' : `${count} weitere Alarme`),
  untold: 'In der App zu sehen',
};
const FRENCH: Words = {
  language: 'fr-FR',
  severity: { emergency: 'URGENCE', alarm: 'ALARME', notice: 'Information' },
  drill: 'EXERCICE',
  more: (count) => (count === 1 ? '1 autre alarme' : `${count} autres alarmes`),
  untold: 'Ouvrez l’application pour la voir',
};

const BY_LANGUAGE: Readonly<Record<string, Words>> = { en: ENGLISH, de: GERMAN, fr: FRENCH };

/** The few words that a server puts into somebody's hands itself: in their language where it is spoken here, else in English. */
export const wordsOf = (locale: string): Words => BY_LANGUAGE[locale.slice(0, 2).toLowerCase()] ?? ENGLISH;

/** The first line: how much it matters, whether it is real, what it is. */
export function headline({ severity, isDrill, title }: AlarmMessage, words: Words): string {
  const how = isDrill ? `${words.drill} ${words.severity[severity]}` : words.severity[severity];
  return `${how}: ${title || words.untold}`.replaceAll(/\s+/g, ' ');
}

/** Everything in one, short enough for a message on a phone. */
export function shortText(message: AlarmMessage, locale: string, maxLength: number): string {
  const words = wordsOf(locale);
  const more = message.more > 0 ? ` (+ ${words.more(message.more)})` : '';
  const link = message.link ? ` ${message.link}` : '';
  const said = [headline(message, words), message.text].filter(Boolean).join('. ').replaceAll(/\s+/g, ' ');
  return `${cut(said, maxLength - more.length - link.length)}${more}${link}`;
}

/** What is spoken: no addresses. */
export const spokenText = (message: AlarmMessage, locale: string): string =>
  shortText({ ...message, link: null }, locale, 500);

export function mailText(message: AlarmMessage, locale: string): { subject: string; text: string } {
  const words = wordsOf(locale);
  const more = message.more > 0 ? `+ ${words.more(message.more)}` : '';
  return {
    subject: cut(headline(message, words), 200),
    text: [headline(message, words), message.text, more, message.link ?? ''].filter(Boolean).join('\n\n') + '\n',
  };
}

function cut(text: string, maxLength: number): string {
  const letters = [...text];
  return letters.length <= maxLength ? text : `${letters.slice(0, Math.max(1, maxLength - 1)).join('')}…`;
}

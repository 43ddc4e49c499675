import { type AlarmTemplate, raiseFromTemplate } from '@relais/contracts';

/**
 * What is said for each value of a template.
 *
 * @throws AppError `missing_value`, `unknown_value`, `value_too_long`, each with the name
 */
export function valuesFor(
  { values }: Pick<AlarmTemplate, 'values'>,
  said: Readonly<Record<string, string>>,
): Map<string, string> {
  const known = new Set(values.map(({ name }) => name));
  for (const name of Object.keys(said))
    if (!known.has(name)) throw refused('unknown_value', name, `the template has no value ${name}`);
  return new Map(
    values.map(({ name, label, maxBytes, fallback }) => {
      const value = Object.hasOwn(said, name) ? said[name] : fallback;
      if (value === undefined || (fallback === undefined && value.trim() === ''))
        throw refused('missing_value', name, `say ${name}: ${label}`);
      if (Buffer.byteLength(value) > maxBytes)
        throw refused('value_too_long', name, `${name} is longer than ${maxBytes} bytes`);
      return [name, value];
    }),
  );
}

const refused = (code: 'missing_value' | 'unknown_value' | 'value_too_long', name: string, message: string) =>
  raiseFromTemplate.fail(code, message, { details: { name } });

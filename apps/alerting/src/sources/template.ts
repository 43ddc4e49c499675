export interface TemplateValues {
  label: Readonly<Record<string, string>>;
  annotation: Readonly<Record<string, string>>;
  status: string;
  count: string;
  /** The values of the labels that make the group. */
  group: string;
}

const HOLE = /\{\{([^{}]{1,256})\}\}/g;
const LONGEST_VALUE = 4 * 1024;
const LONGEST = 16 * 1024;

/** Fills the holes of a template: `{{label.alertname}}`; `{{annotation.summary | label.alertname}}` is the first that is not empty. */
export const rendered = (template: string, values: TemplateValues): string =>
  template
    .replaceAll(
      HOLE,
      (_, names: string) =>
        names
          .split('|', 8)
          .map((name) => valueOf(name.trim(), values))
          .find(Boolean) ?? '',
    )
    .slice(0, LONGEST)
    .trim();

function valueOf(name: string, values: TemplateValues): string {
  const [group = '', key] = split(name);
  if (key === undefined) return group === 'status' || group === 'count' || group === 'group' ? values[group] : '';
  if (group !== 'label' && group !== 'annotation') return '';
  return Object.hasOwn(values[group], key) ? (values[group][key] as string).slice(0, LONGEST_VALUE) : '';
}

function split(name: string): string[] {
  const dot = name.indexOf('.');
  return dot === -1 ? [name] : [name.slice(0, dot), name.slice(dot + 1)];
}

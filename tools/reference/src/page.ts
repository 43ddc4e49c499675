/** One generated file, by its path from the root of the workspace. */
export interface Page {
  path: string;
  text: string;
}

export const REFERENCE = 'docs/reference';

export const page = (name: string, text: string): Page => ({
  path: `${REFERENCE}/${name}`,
  text: text.endsWith('\n') ? text : `${text}\n`,
});

export const jsonPage = (name: string, value: unknown): Page => page(name, JSON.stringify(value, null, 2));

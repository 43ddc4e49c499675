import { APP_SETTING_NAMES, APP_SETTINGS } from '@relais/contracts';
import { DOMParser, type Element } from '@xmldom/xmldom';
import { androidRestrictions, iosPlist, iosSpecification } from './app-config.js';
import { mergePolicy } from './merge.js';

/**
 * The structure of a specification, element by element: attributes (all of them must be there, no others may), and which
 * children, how many, in this order. The AppConfig Community's own schema (appconfigschema.xsd, beside its "Managed App
 * Configuration" reference) is on a host that builds here do not ask; this is what that reference describes, held against
 * specifications that others publish by it: Chrome's generator for iOS, IBM Maximo's, and the reader in Jamf's generator. It
 * is stricter than those: nothing is taken that Relais has no use for.
 */
interface Rule {
  attributes?: readonly string[];
  children?: readonly (readonly [names: string, least: number, most: number])[];
  text?: RegExp;
}
const MANY = 10_000;
const KEYS = 'string|integer|boolean|stringArray';
const key = (text: string): Rule => ({ attributes: ['keyName'], children: [[`defaultValue:${text}`, 0, 1]] });
const RULES: Readonly<Record<string, Rule>> = {
  managedAppConfiguration: {
    children: [
      ['version', 1, 1],
      ['bundleId', 1, 1],
      ['dict', 1, 1],
      ['presentation', 0, 1],
    ],
  },
  version: { text: /^[1-9]\d*$/ },
  bundleId: { text: /^[A-Za-z0-9.-]+$/ },
  dict: { children: [[KEYS, 0, MANY]] },
  string: key('any'),
  integer: key('integer'),
  boolean: key('boolean'),
  stringArray: key('many'),
  'defaultValue:any': { children: [['value:any', 1, 1]] },
  'defaultValue:integer': { children: [['value:integer', 1, 1]] },
  'defaultValue:boolean': { children: [['value:boolean', 1, 1]] },
  'defaultValue:many': { children: [['value:any', 1, MANY]] },
  'value:any': { text: /./ },
  'value:integer': { text: /^-?\d+$/ },
  'value:boolean': { text: /^(?:true|false)$/ },
  presentation: { attributes: ['defaultLocale'], children: [['field', 0, MANY]] },
  field: {
    attributes: ['keyName', 'type'],
    children: [
      ['label', 1, 1],
      ['description', 0, 1],
    ],
  },
  label: { children: [['language', 1, MANY]] },
  description: { children: [['language', 1, MANY]] },
  language: { attributes: ['value'], text: /./ },
};
/** Which kinds of field show a key of this type. */
const SHOWN_AS: Readonly<Record<string, string>> = {
  ...{ string: 'input', integer: 'input', boolean: 'checkbox', stringArray: 'list' },
};

const read = (text: string): Element => {
  const problems: string[] = [];
  const document = new DOMParser({ onError: (_, message) => problems.push(message) }).parseFromString(
    text,
    'application/xml',
  );
  expect(problems).toEqual([]);
  return document.documentElement as Element;
};
const elementsIn = (element: Element): Element[] =>
  [...element.childNodes].filter((one): one is Element => one.nodeType === 1);
const attributesOf = (element: Element): string[] => [...element.attributes].map(({ name }) => name).toSorted();
const named = (element: Element, name: string): Element[] => [...element.getElementsByTagName(name)];

/** Everything that is not as the rules say, by its path. */
function violations(element: Element, rule = element.nodeName, path = `/${element.nodeName}`): string[] {
  const { attributes = [], children = [], text } = RULES[rule] ?? {};
  if (!RULES[rule]) return [`${path} is unknown`];
  const found: string[] = [];
  if (attributesOf(element).join() !== attributes.toSorted().join())
    found.push(`${path}@${attributesOf(element).join()}`);
  const inside = elementsIn(element);
  if (text && (inside.length > 0 || !text.test(element.textContent ?? '')))
    found.push(`${path}: ${element.textContent}`);
  for (const [names, least, most] of children) {
    const [name = '', kind] = names.split(':');
    let count = 0;
    while (inside[0] && name.split('|').includes(inside[0].nodeName)) {
      const child = inside.shift() as Element;
      const keyName = child.getAttribute('keyName');
      const childPath = `${path}/${child.nodeName}${keyName ? `[${keyName}]` : ''}`;
      found.push(...violations(child, kind === undefined ? child.nodeName : `${name}:${kind}`, childPath));
      count++;
    }
    if (count < least || count > most) found.push(`${path}/${name}: ${count} times`);
  }
  return text ? found : [...found, ...inside.map((one) => `${path}/${one.nodeName} is out of place`)];
}

describe('the specification of the AppConfig Community', () => {
  const hosts = ['*.example.org', 'example.com'];
  const policies = {
    'by default': mergePolicy({ organization: {}, pools: [], device: {} }),
    'with a list': mergePolicy({
      organization: { allowedHosts: { value: hosts, locked: true, userEditable: false, renewable: true } },
      pools: [],
      device: {},
    }),
  };
  const specification = (policy: (typeof policies)['by default']) =>
    iosSpecification(policy, 'org.example.relais').content;

  it.each(Object.entries(policies))('has the structure of its reference %s', (_, policy) => {
    expect(violations(read(specification(policy)))).toEqual([]);
  });

  it('is looked at by a check that finds what is wrong', () => {
    const good = specification(policies['with a list']);
    const broken: readonly [string | RegExp, string][] = [
      ['<version>1</version>', '<version>one</version>'],
      ['<version>1</version>', ''],
      ['<bundleId>org.example.relais</bundleId>', ''],
      [/<value>90<\/value>/, '<value>ninety</value>'],
      [/<value>90<\/value>/, ''],
      [/<value>90<\/value>/, '<value>90</value><value>91</value>'],
      ['<boolean keyName="screenLock">', '<boolean keyName="screenLock" more="x">'],
      [/ type="checkbox"/, ''],
      ['<language value="en">', '<language>'],
      ['<dict>', '<dict><date keyName="x"/>'],
      [' defaultLocale="en"', ''],
    ];
    for (const [from, to] of broken) {
      const changed = good.replace(from, to);
      expect(changed).not.toBe(good);
      expect(violations(read(changed))).not.toEqual([]);
    }
  });

  it('has each key once, of the type of its setting, and a field of a fitting kind for each, in a language that it has', () => {
    const root = read(specification(policies['with a list']));
    const [dict, presentation] = [named(root, 'dict')[0] as Element, named(root, 'presentation')[0] as Element];
    const keys = new Map(elementsIn(dict).map((one) => [one.getAttribute('keyName') ?? '', one.nodeName]));
    const fields = new Map(named(root, 'field').map((one) => [one.getAttribute('keyName'), one.getAttribute('type')]));

    expect([...keys.keys()].toSorted()).toEqual(
      [...APP_SETTING_NAMES, 'serverUrl', 'organizationId', 'enrolmentToken'].toSorted(),
    );
    expect(elementsIn(dict)).toHaveLength(keys.size);
    expect([...fields.keys()]).toEqual([...keys.keys()]);
    for (const [name, type] of keys) expect([name, fields.get(name)]).toEqual([name, SHOWN_AS[type]]);
    for (const name of APP_SETTING_NAMES) {
      const { fallback } = APP_SETTINGS[name];
      const type = typeof fallback === 'number' ? 'integer' : Array.isArray(fallback) ? 'stringArray' : typeof fallback;
      expect([name, keys.get(name)]).toEqual([name, type]);
    }
    const languages = new Set(named(root, 'language').map((one) => one.getAttribute('value')));
    expect([...languages]).toEqual([presentation.getAttribute('defaultLocale')]);
  });

  it('has defaults that say what the property list says', async () => {
    const { parse } = await import('plist');
    const policy = policies['with a list'];
    const values = parse((await iosPlist(policy)).content) as Record<string, unknown>;
    const dict = named(read(specification(policy)), 'dict')[0] as Element;
    for (const one of elementsIn(dict)) {
      const value = values[one.getAttribute('keyName') ?? ''];
      expect(named(one, 'value').map(({ textContent }) => textContent)).toEqual(
        value === undefined ? [] : [value].flat().map(String),
      );
    }
    expect(values['allowedHosts']).toEqual(hosts);
  });
});

describe('the restrictions of an Android app', () => {
  const POSSIBLE = ['bool', 'string', 'integer', 'choice', 'multi-select', 'hidden', 'bundle', 'bundle_array'];

  it('have a key, a title and a type that Android knows, with a default of that type', () => {
    const root = read(androidRestrictions(mergePolicy({ organization: {}, pools: [], device: {} })).content);
    expect([root.nodeName, root.getAttribute('xmlns:android')]).toEqual([
      ...['restrictions', 'http://schemas.android.com/apk/res/android'],
    ]);
    const restrictions = elementsIn(root);
    expect(restrictions).toHaveLength(APP_SETTING_NAMES.length + 3);
    for (const one of restrictions) {
      const get = (name: string) => one.getAttribute(`android:${name}`) ?? '';
      expect(attributesOf(one)).toEqual(
        ['defaultValue', 'description', 'key', 'restrictionType', 'title'].map((name) => `android:${name}`),
      );
      expect(POSSIBLE).toContain(get('restrictionType'));
      if (get('restrictionType') === 'bool') expect(get('defaultValue')).toMatch(/^(?:true|false)$/);
      if (get('restrictionType') === 'integer') expect(get('defaultValue')).toMatch(/^\d+$/);
    }
  });
});

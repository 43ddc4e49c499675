import {
  COMMON_ERRORS,
  EVENTS,
  permissionsOf,
  REQUESTS,
  SERVICES,
  type ServiceName,
  serviceOf,
  SIGNALS,
  SURVEYS,
} from './index.js';

const names = Object.keys(SERVICES) as ServiceName[];
const all = [...REQUESTS, ...EVENTS, ...SIGNALS, ...SURVEYS];
const subjectsOf = (contracts: readonly { subject: string }[]) => contracts.map(({ subject }) => subject);

describe('subjects', () => {
  const token = '[a-z0-9]+(?:-[a-z0-9]+)*';

  it.each([
    ['requests', REQUESTS, new RegExp(`^rpc\\.(${names.join('|')})\\.${token}\\.${token}\\.v[1-9]\\d*$`)],
    ['events', EVENTS, new RegExp(`^evt\\.(${names.join('|')})\\.${token}\\.${token}\\.v[1-9]\\d*$`)],
    ['signals', SIGNALS, new RegExp(`^all\\.(${['everyone', ...names].join('|')})\\.${token}\\.v[1-9]\\d*$`)],
    ['surveys', SURVEYS, new RegExp(`^all\\.(${names.join('|')})\\.${token}\\.v[1-9]\\d*$`)],
  ] as const)('of %s have their form', (_, contracts, form) => {
    expect(contracts.length).toBeGreaterThan(0);
    for (const { subject } of contracts) expect(subject).toMatch(form);
  });

  it('are unique, so that each is answered by the one service in its name', () => {
    expect(new Set(subjectsOf(all)).size).toBe(all.length);
    for (const request of REQUESTS) expect(names).toContain(serviceOf(request));
  });
});

describe('who talks to whom', () => {
  it('gives each event and signal one service that sends it: the one in its name', () => {
    for (const { subject } of EVENTS) {
      const emitters = names.filter((name) => subjectsOf(SERVICES[name].emits).includes(subject));
      expect(emitters).toEqual([subject.split('.')[1]]);
    }
    for (const signal of SIGNALS)
      expect(names.filter((name) => SERVICES[name].signals.includes(signal))).toHaveLength(1);
  });

  it('lets a service subscribe to requests of its own name only', () => {
    for (const name of names) {
      const requests = permissionsOf(name).subscribe.filter((subject) => subject.startsWith('rpc.'));
      expect(requests).toEqual(['gateway', 'operator'].includes(name) ? [] : [`rpc.${name}.>`]);
    }
  });

  it('lets nobody publish on a wildcard of requests or events', () => {
    for (const name of names)
      for (const subject of permissionsOf(name).publish.filter((each) => /^(rpc|evt)\./.test(each)))
        expect(subject).not.toMatch(/[*>]/);
  });

  it('lets one service alone ask all replicas of another', () => {
    for (const survey of SURVEYS)
      expect(names.filter((name) => SERVICES[name].surveys?.includes(survey))).toHaveLength(1);
  });

  it('has no signal that nobody hears', () => {
    for (const signal of SIGNALS) expect(names.some((name) => SERVICES[name].hears.includes(signal))).toBe(true);
  });
});

describe('errors', () => {
  it('are snake_case and never redefine a common one', () => {
    for (const { errors } of REQUESTS)
      for (const [code, kind] of Object.entries(errors)) {
        expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
        if (Object.hasOwn(COMMON_ERRORS, code)) expect(COMMON_ERRORS[code as keyof typeof COMMON_ERRORS]).toBe(kind);
      }
  });

  it('have one kind each, whichever contract declares them', () => {
    const kinds = new Map<string, string>();
    for (const { errors } of REQUESTS)
      for (const [code, kind] of Object.entries(errors)) {
        expect([code, kinds.get(code) ?? kind]).toEqual([code, kind]);
        kinds.set(code, kind);
      }
  });

  it('are built with the kind that is declared', () => {
    for (const request of REQUESTS)
      for (const [code, kind] of Object.entries(request.errors))
        expect(request.fail(code)).toMatchObject({ code, kind });
  });
});

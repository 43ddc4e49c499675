import { userRemoved } from './auth/users.js';
import { CONSUMERS, consumerOf } from './consumers.js';
import { permissionsOf } from './permissions.js';
import { SERVICES, type ServiceName } from './services.js';

const services = Object.keys(SERVICES) as ServiceName[];

describe('the permissions of services', () => {
  it.each(services)('know one consumer for each event that %s consumes', (service) => {
    const events = Object.values(CONSUMERS[service]);

    expect(new Set(events)).toEqual(new Set(SERVICES[service].consumes));
    for (const name of Object.keys(CONSUMERS[service])) expect(name).toMatch(new RegExp(`^${service}-[a-z-]+$`));
  });

  it('name the consumer of an event for whoever runs it', () => {
    expect(consumerOf('messaging', userRemoved)).toBe('messaging-departed-users');
    expect(() => consumerOf('gateway', userRemoved)).toThrow('gateway has no consumer');
  });

  it.each(services)('let %s answer nothing but its own requests', (service) => {
    const served = permissionsOf(service).subscribe.filter((subject) => subject.startsWith('rpc.'));

    expect(served).toEqual(['gateway', 'operator'].includes(service) ? [] : [`rpc.${service}.>`]);
  });

  it('let nobody listen to everything of a kind but live messages', () => {
    const broad = services
      .flatMap((service) => permissionsOf(service).subscribe)
      .filter((subject) => /^[^.]+\.[>*]/.test(subject));

    expect(broad).toEqual(['live.>']);
  });

  it('never let a stream be emptied or deleted', () => {
    const published = services.flatMap((service) => permissionsOf(service).publish);

    expect(published.filter((subject) => /PURGE|DELETE|^\$JS\.API\.>|^\$SYS/.test(subject))).toEqual([]);
  });
});

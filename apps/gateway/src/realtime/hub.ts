import type { Live } from '@relais/bus';
import { live } from '@relais/contracts';
import type { OrganizationId, UserId } from '@relais/kernel';
import type { Principal } from '@relais/security';
import type { Connection } from './connection.js';
import { Person } from './person.js';

/** Sockets one device may have at once: a reconnecting one does not know that its last is still open here. */
export const MAX_SOCKETS_PER_DEVICE = 4;

const keyOf = (organizationId: OrganizationId, userId: UserId): string => `${organizationId}.${userId}`;

/** The sockets of this replica, and the people they belong to. */
export class Hub {
  readonly connections = new Set<Connection>();
  private readonly persons = new Map<string, Person>();

  constructor(
    private readonly bus: Pick<Live, 'want'>,
    private readonly isAlone: (person: Person) => void,
  ) {}

  find(organizationId: OrganizationId, userId: UserId): Person | undefined {
    return this.persons.get(keyOf(organizationId, userId));
  }

  everyone(): IterableIterator<Person> {
    return this.persons.values();
  }

  /** A socket was opened; whose it is shows its hello. */
  add(connection: Connection): void {
    this.connections.add(connection);
  }

  /** A socket turned out to be this person's. From now on the replica hears what is said to them. */
  enter(connection: Connection, principal: Principal): Person {
    const { organizationId, userId } = principal;
    const person = this.find(organizationId, userId) ?? this.open(organizationId, userId);
    const ofDevice = person.connections.filter((other) => other.principal?.deviceId === principal.deviceId);
    if (ofDevice.length >= MAX_SOCKETS_PER_DEVICE) ofDevice[0]?.close('replaced');
    person.connections.push(connection);
    return person;
  }

  /** A socket is closing: from now on nothing is sent to it. The last one takes the person along. */
  remove(connection: Connection): void {
    if (!this.connections.delete(connection)) return;
    const { person } = connection;
    const at = person?.connections.indexOf(connection) ?? -1;
    if (!person || at < 0) return;
    person.connections.splice(at, 1);
    if (person.connections.length > 0) return;
    this.persons.delete(keyOf(person.organizationId, person.userId));
    this.isAlone(person);
    person.release();
  }

  private open(organizationId: OrganizationId, userId: UserId): Person {
    const heard = [live.user(organizationId, userId), live.people(organizationId)];
    const releases = heard.map((subject) => this.bus.want(subject));
    const person = new Person(organizationId, userId, () => releases.forEach((release) => release()));
    this.persons.set(keyOf(organizationId, userId), person);
    return person;
  }
}

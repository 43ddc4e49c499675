/** Who leads, as it is written where all can see it. */
export interface Lease {
  /** Of the object: a lease that was deleted and made again has another one. */
  uid: string;
  /** Changes with every write. */
  version: string;
  /** Empty when it was given back. */
  holder: string;
  durationSeconds: number;
  acquiredAt: Date;
  renewedAt: Date;
  /** How often the holder has changed. */
  transitions: number;
}

export type NewLease = Omit<Lease, 'uid' | 'version'>;

/** Where the one lease is. */
export abstract class LeaseStore {
  abstract read(): Promise<Lease | null>;
  /** @returns null when another was faster */
  abstract create(lease: NewLease): Promise<Lease | null>;
  /** @returns null when it is not the version that was read any more, or is gone */
  abstract replace(lease: Lease): Promise<Lease | null>;
}

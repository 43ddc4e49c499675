/** Where secrets are kept: the API of Kubernetes in a cluster. */
export abstract class SecretStore {
  /** The names of the keys a secret has, or null when there is no such secret. */
  abstract keysOf(name: string): Promise<ReadonlySet<string> | null>;

  /** Makes a secret with all its keys at once. @returns whether it was made; false when there is one already */
  abstract create(name: string, values: Readonly<Record<string, string>>): Promise<boolean>;
}

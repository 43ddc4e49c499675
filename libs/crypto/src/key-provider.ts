import type { OrganizationId } from '@relais/kernel';

/** A data key as it is stored: encrypted under one version of its organization's key encryption key. */
export interface Wrapping {
  kekVersion: number;
  wrapped: Buffer;
}

/**
 * Where the key encryption keys (KEK) of the organizations are: a file, or a key management service.
 * A KEK never leaves it. A wrapping opens only for the organization, the version and the key id it was made for.
 *
 * Every method may throw AppError `kek_version_unknown` or `kek_unavailable`; nothing falls back to plaintext.
 */
export abstract class KeyProvider {
  /** The version that wraps new keys. Grows with each rotation. */
  abstract activeVersion(): Promise<number>;

  /** Wraps under the active version. `keyId` names the data key, `dek` is its 32 bytes. */
  abstract wrap(organizationId: OrganizationId, keyId: string, dek: Buffer): Promise<Wrapping>;

  /** @throws AppError `decrypt_failed` when this is not what `wrap` returned for the same arguments */
  abstract unwrap(organizationId: OrganizationId, keyId: string, wrapping: Wrapping): Promise<Buffer>;

  /** The same data key under the active version. A service that can do it inside should override this. */
  async rewrap(organizationId: OrganizationId, keyId: string, wrapping: Wrapping): Promise<Wrapping> {
    const dek = await this.unwrap(organizationId, keyId, wrapping);
    try {
      return await this.wrap(organizationId, keyId, dek);
    } finally {
      dek.fill(0);
    }
  }

  /**
   * Destroys the KEK of an organization, in all versions.
   *
   * @returns false when it is derived from a root key others share and so cannot go alone; then destroying the
   * organization's data keys is what shreds its content (`Envelope.destroyOrganization` does both).
   */
  abstract destroy(organizationId: OrganizationId): Promise<boolean>;

  /** 32 bytes that are the same over all KEK rotations: what the blind index of this organization is keyed with. */
  abstract indexKey(organizationId: OrganizationId): Promise<Buffer>;

  /** Throws, saying in one line what is wrong and what to do. Fits a readiness check. */
  abstract health(): Promise<void>;
}

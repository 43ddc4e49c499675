import { Injectable } from '@nestjs/common';
import type { PostureSettings } from '@relais/contracts';
import { Clock } from '@relais/kernel';
import type { JSONWebKeySet } from 'jose';
import { fetchJwks } from './fetch-jwks.js';

const FRESH_MS = 10 * 60_000;
/** A token with a key we do not know has us look again, but a flood of such tokens must not. */
const PAUSE_MS = 30_000;
const MAX_REMEMBERED = 1_000;

type Caep = Extract<PostureSettings, { kind: 'caep' }>;

/** Keys of transmitters that publish them, kept for ten minutes. */
@Injectable()
export class TransmitterKeys {
  private readonly known = new Map<string, { set: Promise<JSONWebKeySet>; readAtMs: number }>();

  constructor(private readonly clock: Clock) {}

  /** @throws Error when they cannot be read */
  async of({ jwks, jwksUrl }: Caep, kid: string | undefined): Promise<JSONWebKeySet> {
    if (jwks) return jwks as unknown as JSONWebKeySet;
    const url = jwksUrl as string;
    const set = await this.read(url, FRESH_MS);
    return hasKey(set, kid) ? set : this.read(url, PAUSE_MS);
  }

  private read(url: string, forMs: number): Promise<JSONWebKeySet> {
    const nowMs = this.clock.now().getTime();
    const found = this.known.get(url);
    if (found && nowMs - found.readAtMs < forMs) return found.set;
    if (this.known.size >= MAX_REMEMBERED) this.known.clear();
    const set = fetchJwks(url);
    this.known.set(url, { set, readAtMs: nowMs });
    set.catch(() => this.known.delete(url));
    return set;
  }
}

const hasKey = ({ keys }: JSONWebKeySet, kid: string | undefined): boolean =>
  kid === undefined || keys.some((key) => key.kid === kid);

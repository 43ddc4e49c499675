import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Bot, createBot, type DevicePublicKey, issueBotToken, type Scope } from '@relais/contracts';
import { newSecret } from '@relais/security';
import { SignJWT } from 'jose';
import type { Member, World } from './world.js';

export interface TestKey {
  publicKey: DevicePublicKey;
  privateKey: KeyObject;
}

export function aKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey: { kty: 'OKP', crv: 'Ed25519', x: String(publicKey.export({ format: 'jwk' }).x) } };
}

/** What an assertion says where a test says nothing else. */
export interface Said {
  header?: object;
  claims?: object;
}

/** An assertion of a bot, signed with a key under the id of one of its keys. */
export function anAssertion(
  { clock }: World,
  bot: Pick<Bot, 'clientId' | 'keys'>,
  { privateKey }: TestKey,
  { header = {}, claims = {} }: Said = {},
  keyId = bot.keys.at(-1)?.id,
): Promise<string> {
  const iat = Math.floor(clock.now().getTime() / 1_000);
  const said = { iss: bot.clientId, sub: bot.clientId, aud: 'relais', jti: newSecret(), iat, exp: iat + 60 };
  return new SignJWT({ ...said, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'client-authentication+jwt', kid: String(keyId), ...header })
    .sign(privateKey);
}

/** A new bot and its key. */
export async function aBot(world: World, maker: Member, scopes: Scope[] = []): Promise<{ bot: Bot; key: TestKey }> {
  const key = aKey();
  const draft = { displayName: 'Weather', scopes, publicKey: key.publicKey };
  return { bot: await world.bus.request(createBot, draft, { token: maker.tokens.accessToken }), key };
}

export const tokenFor = async (world: World, bot: Bot, key: TestKey, keyId?: Bot['keys'][number]['id']) =>
  world.bus.request(issueBotToken, { clientAssertion: await anAssertion(world, bot, key, {}, keyId) });

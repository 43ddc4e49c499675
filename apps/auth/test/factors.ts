import {
  beginPasskey,
  beginStepUp,
  beginTotp,
  confirmPasskey,
  confirmTotp,
  finishLogin,
  setAuthenticationPolicy,
  type Tokens,
  type UnfinishedLogin,
} from '@relais/contracts';
import { AppError } from '@relais/kernel';
import { generate } from 'otplib';
import type { z } from 'zod';
import { SoftwareAuthenticator, type AuthenticatorOptions } from './software-authenticator.js';
import type { Member, World } from './world.js';

export const as = ({ tokens }: { tokens: Tokens }) => ({ token: tokens.accessToken });

/** The one-time password that an app shows at the world's time. */
export const codeNow = ({ clock }: World, secret: string): Promise<string> =>
  generate({ secret, epoch: Math.floor(clock.now().getTime() / 1_000) });

/** Adds an authenticator app and gives its secret. The step it was confirmed with is used up. */
export async function addTotp(world: World, member: Member): Promise<string> {
  const { factorId, secret } = await world.bus.request(beginTotp, { name: 'App' }, as(member));
  await world.bus.request(confirmTotp, { factorId, code: await codeNow(world, secret) }, as(member));
  return secret;
}

export async function addPasskey(world: World, member: Member, options?: AuthenticatorOptions) {
  const passkey = new SoftwareAuthenticator(options);
  const { registrationToken, options: asked } = await world.bus.request(beginPasskey, {}, as(member));
  const confirmation = { registrationToken, name: 'Key', attestation: passkey.create(asked) };
  const factor = await world.bus.request(confirmPasskey, confirmation, as(member));
  return { passkey, factor };
}

/** What a login that is not finished says about how to go on. */
export async function unfinished(login: Promise<unknown>): Promise<UnfinishedLogin> {
  const error: unknown = await login.catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError) || error.code !== 'factor_required') throw error;
  return error.details as unknown as UnfinishedLogin;
}

type Shown = z.input<typeof finishLogin.input>['shown'];

export const finish = (world: World, loginToken: string, shown: Shown): Promise<Tokens> =>
  world.bus.request(finishLogin, { loginToken, shown });

/** Shows the password, or something better, once more. */
export async function stepUp(world: World, member: Member, shown?: Shown): Promise<Member> {
  const { loginToken } = await world.bus.request(beginStepUp, {}, as(member));
  const { password } = member.person;
  return { ...member, tokens: await finish(world, loginToken, shown ?? { kind: 'password', password }) };
}

/** The organization asks for this from now on. */
export const demand = (
  world: World,
  owner: Member,
  policy: z.input<typeof setAuthenticationPolicy.input>['policy'],
  subjectId: string = owner.tokens.organizationId,
) => world.bus.request(setAuthenticationPolicy, { subjectId, policy }, as(owner));

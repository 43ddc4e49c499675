import { ROUTES, type Route } from '@relais/contracts';
import { type DeviceId, newId, type OrganizationId } from '@relais/kernel';
import { createPublicKey, verify } from 'node:crypto';
import { ApiError } from '../api-error.js';
import type { RelaisApi } from '../http/relais-api.js';
import { DeviceKey } from './device-key.js';
import { obeyWipe } from './wipe.js';

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decoded = (part = ''): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());

describe('a device that is to be wiped', () => {
  const device = { organizationId: newId<OrganizationId>(), deviceId: newId<DeviceId>(), key: DeviceKey.generate() };
  let said: string[];
  let order: object | null;
  let erased: number;

  const api = {
    call: (route: Route, { proof }: { proof: string }) => {
      said.push(proof);
      if (route === ROUTES.confirmWipe) return Promise.resolve({});
      if (!order) return Promise.reject(new ApiError('not_found', 'no_wipe_order', '', { status: 404 } as never));
      return Promise.resolve({ order: `${encoded({ alg: 'EdDSA', typ: 'relais-wipe+jwt' })}.${encoded(order)}.x` });
    },
  } as unknown as RelaisApi;
  const obey = () => obeyWipe(api, device, () => Promise.resolve(void erased++));
  beforeEach(() => {
    said = [];
    erased = 0;
    order = { sub: device.deviceId, org: device.organizationId, nonce: 'n-1' };
  });

  it('deletes what it has, and then says so with its own key', async () => {
    expect(await obey()).toBe(true);

    const [header, claims, signature = ''] = (said[1] as string).split('.');
    expect(erased).toBe(1);
    expect(decoded(header)).toEqual({ alg: 'EdDSA', typ: 'relais-wiped+jwt' });
    expect(decoded(claims)).toMatchObject({ dev: device.deviceId, nonce: 'n-1' });
    const publicKey = createPublicKey({ key: { ...device.key.publicKey }, format: 'jwk' });
    const input = Buffer.from(`${header}.${claims}`);
    expect(verify(null, input, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('deletes nothing without an order, or by one for another device', async () => {
    order = null;
    expect(await obey()).toBe(false);
    order = { sub: newId(), org: device.organizationId, nonce: 'n-1' };
    await expect(obey()).rejects.toThrow('no order to wipe this device');
    expect([erased, said.length]).toEqual([0, 2]);
  });

  it('does not say that it is done when deleting failed', async () => {
    await expect(obeyWipe(api, device, () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
    expect(said).toHaveLength(1);
  });
});

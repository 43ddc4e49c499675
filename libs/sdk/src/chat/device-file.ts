import { deviceId } from '@relais/contracts';
import { type DeviceId, newId } from '@relais/kernel';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { DeviceKey } from '../session/device-key.js';

export interface Device {
  id: DeviceId;
  key: DeviceKey;
}

const stored = z.object({ id: deviceId, key: z.unknown() });

/** The device kept in this file, made at the first use; readable by its owner only. */
export async function openDevice(path: string): Promise<Device> {
  const device = { id: newId<DeviceId>(), key: DeviceKey.generate() };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, JSON.stringify(device, null, 2), { flag: 'wx', mode: 0o600 });
    return device;
  } catch (cause) {
    if (!isTaken(cause)) throw cause;
  }
  const { id, key } = stored.parse(JSON.parse(await readFile(path, 'utf8')));
  return { id, key: DeviceKey.fromJSON(key) };
}

const isTaken = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';

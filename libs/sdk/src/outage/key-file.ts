import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { DeviceKey } from '../session/device-key.js';

const keyFile = z.strictObject({
  gateways: z.array(z.url({ protocol: /^https?$/ })).min(1),
  organization: z.string(),
  keyId: z.string(),
  key: z.unknown(),
});

/** What lies in the safe: where to go, for whom, and the key. */
export interface OutageKeyFile {
  gateways: string[];
  organization: string;
  keyId: never;
  key: DeviceKey;
}

/** @throws Error that says what is wrong with the file */
export async function readKeyFile(path: string): Promise<OutageKeyFile> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`cannot read ${path}`, { cause });
  });
  try {
    const { gateways, organization, keyId, key } = keyFile.parse(JSON.parse(text));
    return { gateways, organization, keyId: keyId as never, key: DeviceKey.fromJSON(key) };
  } catch (cause) {
    throw new Error(`${path} is no key that relais-outage new-key has made`, { cause });
  }
}

/** Only for its owner, and never over one that is there. @throws Error when there is a file already */
export async function writeKeyFile(path: string, { key, ...rest }: OutageKeyFile): Promise<void> {
  const text = `${JSON.stringify({ ...rest, key: key.toJSON() }, null, 2)}\n`;
  await writeFile(path, text, { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
    throw new Error(`cannot write ${path}: is there one already?`, { cause });
  });
}

import type { Provider } from '@nestjs/common';
import { HoldRemoteSecretHandler } from './hold-remote-secret.js';
import { LockDeviceHandler } from './lock-device.js';

export const remoteLockProviders: Provider[] = [HoldRemoteSecretHandler, LockDeviceHandler];

import type { Provider } from '@nestjs/common';
import { CarryOutWipeHandler } from '../wipe/carry-out-wipe.js';
import { OrderWipeHandler } from '../wipe/order-wipe.js';
import { OrganizationDevicesHandler } from './organization-devices.js';

export const devices: Provider[] = [OrganizationDevicesHandler, OrderWipeHandler, CarryOutWipeHandler];

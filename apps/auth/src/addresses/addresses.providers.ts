import type { Provider } from '@nestjs/common';
import { ListAddressesHandler } from './list-addresses.js';

export const addresses: Provider[] = [ListAddressesHandler];

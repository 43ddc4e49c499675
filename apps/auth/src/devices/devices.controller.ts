import { Controller } from '@nestjs/common';
import { type RequestContext, Serves } from '@relais/bus';
import { listDevices, removeDevice } from '@relais/contracts';
import type { z } from 'zod';
import { ListDevicesHandler } from './list-devices.js';
import { RemoveDeviceHandler } from './remove-device.js';

@Controller()
export class DevicesController {
  constructor(
    private readonly lister: ListDevicesHandler,
    private readonly remover: RemoveDeviceHandler,
  ) {}

  @Serves(listDevices)
  list(
    _: z.output<typeof listDevices.input>,
    { principal }: RequestContext,
  ): Promise<z.input<typeof listDevices.output>> {
    return this.lister.execute(principal);
  }

  @Serves(removeDevice)
  remove(
    { deviceId }: z.output<typeof removeDevice.input>,
    { principal }: RequestContext,
  ): Promise<Record<never, never>> {
    return this.remover.execute(principal, deviceId);
  }
}

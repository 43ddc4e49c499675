import { Controller } from '@nestjs/common';
import { Serves } from '@relais/bus';
import { bootstrapOrganization, type Tokens } from '@relais/contracts';
import type { z } from 'zod';
import { BootstrapOrganizationHandler } from './bootstrap-organization.js';

@Controller()
export class OrganizationsController {
  constructor(private readonly bootstrapper: BootstrapOrganizationHandler) {}

  @Serves(bootstrapOrganization)
  bootstrap(command: z.output<typeof bootstrapOrganization.input>): Promise<Tokens> {
    return this.bootstrapper.execute(command);
  }
}

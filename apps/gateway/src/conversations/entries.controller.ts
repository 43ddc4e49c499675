import { Controller } from '@nestjs/common';
import { Bus } from '@relais/bus';
import { advanceMarks, appendEntry, listEntries, ROUTES, syncEntries } from '@relais/contracts';
import { type Asked, Serve } from '../http/serve.js';

/** The log of a conversation: writing, reading, catching up. */
@Controller()
export class EntriesController {
  constructor(private readonly bus: Bus) {}

  @Serve(ROUTES.listEntries)
  list({ input, caller }: Asked<typeof listEntries>) {
    return this.bus.request(listEntries, input, caller);
  }

  @Serve(ROUTES.append)
  append({ input, caller }: Asked<typeof appendEntry>) {
    return this.bus.request(appendEntry, input, caller);
  }

  @Serve(ROUTES.sync)
  sync({ input, caller }: Asked<typeof syncEntries>) {
    return this.bus.request(syncEntries, input, caller);
  }

  @Serve(ROUTES.marks)
  mark({ input, caller }: Asked<typeof advanceMarks>) {
    return this.bus.request(advanceMarks, input, caller);
  }
}

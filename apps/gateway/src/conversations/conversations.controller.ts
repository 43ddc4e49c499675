import { Controller } from '@nestjs/common';
import { Bus } from '@relais/bus';
import {
  closeConversation,
  createConversation,
  listConversations,
  muteConversation,
  readConversation,
  ROUTES,
  updateConversation,
} from '@relais/contracts';
import { type Asked, Serve } from '../http/serve.js';

/** Conversations as their members see them. */
@Controller()
export class ConversationsController {
  constructor(private readonly bus: Bus) {}

  @Serve(ROUTES.createConversation)
  create({ input, caller }: Asked<typeof createConversation>) {
    return this.bus.request(createConversation, input, caller);
  }

  @Serve(ROUTES.listConversations)
  list({ input, caller }: Asked<typeof listConversations>) {
    return this.bus.request(listConversations, input, caller);
  }

  @Serve(ROUTES.readConversation)
  read({ input, caller }: Asked<typeof readConversation>) {
    return this.bus.request(readConversation, input, caller);
  }

  @Serve(ROUTES.updateConversation)
  update({ input, caller }: Asked<typeof updateConversation>) {
    return this.bus.request(updateConversation, input, caller);
  }

  @Serve(ROUTES.closeConversation)
  close({ input, caller }: Asked<typeof closeConversation>) {
    return this.bus.request(closeConversation, input, caller);
  }

  @Serve(ROUTES.muteConversation)
  mute({ input, caller }: Asked<typeof muteConversation>) {
    return this.bus.request(muteConversation, input, caller);
  }
}

import {
  type Directory,
  type DirectorySettings,
  type IdentityProvider,
  type IdentityProviderSettings,
  type Invitation,
  type MessageKeeping,
  type PeopleQuota,
  ROUTES,
} from '@relais/contracts';
import { AppError } from '@relais/kernel';
import type { BotApi } from '../relais/bot-api.js';
import { type MadeInvitation, OwnOrganization } from './own-organization.js';

/** Over the gateways' API, as any bot. */
export class RelaisOwnOrganization extends OwnOrganization {
  constructor(private readonly api: BotApi) {
    super();
  }

  readQuota(): Promise<PeopleQuota> {
    return this.api.call(ROUTES.readPeopleQuota, {});
  }

  setQuota(maxPeople: number | null): Promise<PeopleQuota> {
    return this.api.call(ROUTES.setPeopleQuota, { maxPeople });
  }

  readKeeping(): Promise<MessageKeeping> {
    return this.api.call(ROUTES.readMessageKeeping, {});
  }

  setKeeping(keeping: Pick<MessageKeeping, 'keepDays' | 'keyDays'>): Promise<MessageKeeping> {
    return this.api.call(ROUTES.setMessageKeeping, keeping);
  }

  async countOlder(keepDays: number | null): Promise<{ messages: number; conversations: number }> {
    const { messages, conversations } = await this.api.call(ROUTES.previewMessageKeeping, { keepDays });
    return { messages, conversations };
  }

  async listInvitations(): Promise<readonly Invitation[]> {
    return (await this.api.call(ROUTES.listInvitations, {})).items;
  }

  async invite(email: string): Promise<MadeInvitation | 'here'> {
    try {
      return await this.api.call(ROUTES.invite, { role: 'admin', email });
    } catch (error) {
      if (AppError.from(error).code === 'email_taken') return 'here';
      throw error;
    }
  }

  async withdraw(invitationId: string): Promise<void> {
    await this.api.call(ROUTES.revokeInvitation, { invitationId: invitationId as never }).catch((error: unknown) => {
      if (AppError.from(error).code !== 'invitation_not_found') throw error;
    });
  }

  async listProviders(): Promise<readonly IdentityProvider[]> {
    return (await this.api.call(ROUTES.listIdentityProviders, {})).items;
  }

  async putProvider(providerId: string, settings: IdentityProviderSettings): Promise<void> {
    await this.api.call(ROUTES.putIdentityProvider, { providerId: providerId as never, settings });
  }

  async listDirectories(): Promise<readonly Directory[]> {
    return (await this.api.call(ROUTES.listDirectories, {})).items;
  }

  async putDirectory(directoryId: string, settings: DirectorySettings): Promise<void> {
    await this.api.call(ROUTES.putDirectory, { directoryId: directoryId as never, settings });
  }

  close(): Promise<void> {
    return this.api.close();
  }
}

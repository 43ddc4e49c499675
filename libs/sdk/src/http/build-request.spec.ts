import { ROUTES } from '@relais/contracts';
import { newId } from '@relais/kernel';
import { buildRequest } from './build-request.js';

describe('taking an input apart', () => {
  it('puts parameters into the path and the rest into the body', () => {
    const [conversationId, id] = [newId(), newId()];

    const request = buildRequest(ROUTES.append, { conversationId, id, kind: 'message', body: { text: 'hello' } });

    expect(request.method).toBe('PUT');
    expect(request.target).toBe(`/v1/conversations/${conversationId}/entries/${id}`);
    expect(JSON.parse(request.body ?? '')).toEqual({ kind: 'message', body: { text: 'hello' } });
  });

  it('puts the rest of a GET into the query and leaves undefined values out', () => {
    const conversationId = newId();

    const request = buildRequest(ROUTES.listEntries, { conversationId, after: 0, before: undefined, limit: 20 });

    expect(request).toEqual({ method: 'GET', target: `/v1/conversations/${conversationId}/entries?after=0&limit=20` });
  });

  it('sends no body where there is nothing to say', () => {
    expect(buildRequest(ROUTES.logout, {})).toEqual({ method: 'DELETE', target: '/v1/sessions/current' });
  });

  it('keeps a parameter from leaving its place in the path', () => {
    const request = buildRequest(ROUTES.readConversation, { conversationId: '../../v1/me?x=$&#' });

    expect(request.target).toBe('/v1/conversations/..%2F..%2Fv1%2Fme%3Fx%3D%24%26%23');
  });

  it('refuses an input without its parameter', () => {
    expect(() => buildRequest(ROUTES.readConversation, {})).toThrow('needs conversationId');
  });
});

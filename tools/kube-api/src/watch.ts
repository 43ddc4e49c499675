import type { ServerResponse } from 'node:http';
import type { Address } from './address.js';
import { isSelected } from './operations.js';
import { groupVersionOf } from './resources.js';
import type { Change, Store } from './store.js';
import { ApiError } from './types.js';

/** Streams what changes of one kind until the client goes, `timeoutSeconds` are over, or the stream is cut. */
export function watch(
  store: Store,
  { resource, namespace }: Address,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  const send = (type: string, object: object) => response.write(`${JSON.stringify({ type, object })}\n`);
  const tell = ({ type, object, resource: of }: Change) => {
    if (of.plural !== resource.plural || of.group !== resource.group) return;
    if (namespace && object.metadata.namespace !== namespace) return;
    if (isSelected(object, query)) send(type, object);
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const since = Number(query.get('resourceVersion') ?? 0);
  try {
    if (since === 0)
      for (const object of store.list(resource, namespace).filter((one) => isSelected(one, query)))
        send('ADDED', object);
    const stop = store.watch(since === 0 ? Number(store.resourceVersion) : since, tell);
    const timer = setTimeout(() => end(), Number(query.get('timeoutSeconds') ?? 1_800) * 1_000);
    const end = () => {
      // Where the client stands, so that it need not list again.
      const metadata = { resourceVersion: store.resourceVersion };
      if (query.get('allowWatchBookmarks') === 'true' && !response.destroyed)
        send('BOOKMARK', { apiVersion: groupVersionOf(resource), kind: resource.kind, metadata });
      response.end();
    };
    response.on('close', () => {
      clearTimeout(timer);
      stop();
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    send('ERROR', error.status);
    response.end();
  }
}

import { CLOSE_CODES, shouldReconnect } from '@relais/contracts';
import { code, document, table } from './markdown.js';
import { type Page, page } from './page.js';

export const closeCodes = (): Page => {
  const rows = Object.entries(CLOSE_CODES).map(([name, closing]) => [
    String(closing.code),
    code(name),
    shouldReconnect(closing.code) ? 'yes' : 'no',
    closing.why,
  ]);
  return page(
    'close-codes.md',
    document(
      'Close codes',
      'Why a socket of `/v1/realtime` was closed. The reason is a JSON object with the name as `code` and, where it helps, `retryAfterMs`.',
      table(['code', 'name', 'come back', 'why'], rows),
    ),
  );
};

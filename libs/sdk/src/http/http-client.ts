export interface HttpAsked {
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  signal: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  /** However its name is written. */
  header(name: string): string | null;
  body: Uint8Array;
}

/**
 * Sends one request and reads the whole answer. It follows no redirect, which would carry passwords and tokens to an address
 * nobody chose.
 *
 * @throws whatever keeps a whole answer away: a redirect and the signal, too
 */
export type HttpClient = (url: string, asked: HttpAsked) => Promise<HttpAnswer>;

export const fetchClient: HttpClient = async (url, asked) => {
  const response = await fetch(url, { ...asked, redirect: 'error' });
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    body: new Uint8Array(await response.arrayBuffer()),
  };
};

import { classIn, replace } from '../mutations/plant.js';
import { ShownIds } from './shown-ids.js';

type Heard = (this: unknown, data: Buffer, isBinary: boolean) => void;
type Send = (
  this: unknown,
  gateway: string,
  request: unknown,
  options: { token?: string },
) => Promise<{ body: string }>;

/**
 * Listens to every socket and every request of the SDK in this process, to the bytes: what a client does not understand it drops
 * without a word, and a leak would go with it.
 */
export class Wiretap {
  readonly shown = new ShownIds();

  private constructor(private readonly cut: () => void) {}

  static async lay(): Promise<Wiretap> {
    const socket = await classIn('libs/sdk/dist/realtime/realtime-socket.js', 'RealtimeSocket');
    const api = await classIn('libs/sdk/dist/http/relais-api.js', 'RelaisApi');
    const { heard } = socket.prototype;
    const { send } = api.prototype;
    const tap = new Wiretap(() => {
      Object.assign(socket.prototype, { heard });
      Object.assign(api.prototype, { send });
    });
    replace<Heard>(socket, 'heard', (original) => tap.hearing(original));
    replace<Send>(api, 'send', (original) => tap.reading(original));
    return tap;
  }

  remove(): void {
    this.cut();
  }

  private hearing(original: Heard): Heard {
    const { shown } = this;
    return function (data, isBinary) {
      shown.note(organizationOf((this as { token: string }).token), data.toString());
      original.call(this, data, isBinary);
    };
  }

  /** Answers to who shows no token are tokens, or refusals. */
  private reading(original: Send): Send {
    const { shown } = this;
    return async function (gateway, request, options) {
      const answer = await original.call(this, gateway, request, options);
      if (options.token) shown.note(organizationOf(options.token), answer.body);
      return answer;
    };
  }
}

const claims = new Map<string, string>();

/** Of an access token. */
function organizationOf(token: string): string {
  const known = claims.get(token);
  if (known !== undefined) return known;
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  const { org } = JSON.parse(payload) as { org: string };
  claims.set(token, org);
  return org;
}

const BEARER = /^bearer +([\w.~+/=-]{1,256}) *$/i;
const BASIC = /^basic +([\w+/=-]{1,512}) *$/i;

/** The secret a machine shows: a bearer token (RFC 6750), or the password of basic authentication (RFC 7617) under any name. */
export function secretIn(authorization = ''): string {
  const bearer = BEARER.exec(authorization)?.[1];
  if (bearer !== undefined) return bearer;
  const pair = Buffer.from(BASIC.exec(authorization)?.[1] ?? '', 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

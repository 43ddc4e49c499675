import { phoneNumber } from '@relais/contracts';

/**
 * A number as directories write it, in E.164; null for what is none, or is one only within some country or house: nobody can be
 * called there from outside.
 */
export function readPhone(said: string | undefined): string | null {
  const digits = (said ?? '')
    .replace(/^tel:/i, '')
    .replace(/;.*$/, '')
    .replace(/\(0\)/, '')
    .replaceAll(/[\s()./\u00a0-]/g, '')
    .replace(/^00(?=[1-9])/, '+');
  return phoneNumber.safeParse(digits).success ? digits : null;
}

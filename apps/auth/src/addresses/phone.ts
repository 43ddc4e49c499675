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

/** What somebody has for numbers: the first that can be called, or that there is something and none can be. */
export interface FoundPhone {
  phone?: string;
  hasBadPhone?: true;
}

export function firstPhone(said: readonly string[]): FoundPhone {
  const given = said.filter((one) => one.trim() !== '');
  const phone = given.map(readPhone).find((one) => one !== null);
  if (phone) return { phone };
  return given.length > 0 ? { hasBadPhone: true } : {};
}

/** Enough to know a number again, and not enough to use it. */
export const maskPhone = (number: string): string => `${number.slice(0, 3)}…${number.slice(-2)}`;

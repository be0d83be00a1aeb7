/** Numbers that come from outside. */

import { MetrionError, shown, type ErrorCode } from './errors';

/** A list of numbers. */
export function checkNumbers(list: unknown, code: ErrorCode, what: string): number[] {
  if (!Array.isArray(list)) {
    throw new MetrionError(code, `${what} is a list of numbers, not ${shown(list)}`);
  }
  const wrong = list.find((number) => typeof number !== 'number');
  if (wrong !== undefined || list.includes(undefined)) {
    throw new MetrionError(code, `${what} has numbers only, not ${shown(wrong)}`);
  }
  return [...(list as number[])];
}

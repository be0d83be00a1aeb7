/** What tests need. */

import { crossing } from './errors';
import { native, type NativeClock } from './native';

/** A clock that shows what a test sets, in seconds since the Unix epoch: the `clock` of a registry. */
export const ManualClock: new (seconds: number) => NativeClock = native.ManualClock;

/** Checks that bytes are an exposition. */
export function checkExposition(data: Buffer | string, format: 'text' | 'openmetrics' = 'text'): void {
  crossing(() => native.checkExposition(Buffer.from(data as string), format));
}

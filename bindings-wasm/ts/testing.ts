/** What tests need. */

import { crossing } from './errors';
import { formats } from './formats';
import { native } from './native';
import type { NativeClock } from './native_module';

/** A clock that shows what a test sets, in seconds since the Unix epoch: the `clock` of a registry. */
export const ManualClock: new (seconds: number) => NativeClock = native.ManualClock;

/** Checks that bytes are an exposition. */
export function checkExposition(data: Uint8Array | string, format: 'text' | 'openmetrics' = 'text'): void {
  crossing(() => formats.checkExposition(typeof data === 'string' ? new TextEncoder().encode(data) : data, format));
}

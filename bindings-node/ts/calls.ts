/** Updates that are calls into the core, where cells are not all of them, or not this thread's to write to. */

import { crossing } from './errors';
import { native } from './native';
import type { NativeChild } from './native_module';

/** Adds to a counter or a gauge. */
export function addByCall(child: NativeChild, amount: number): void {
  crossing(() => native.add((child.known ??= child.callNumber()), amount));
}

/** Sets a gauge. */
export function setByCall(child: NativeChild, value: number): void {
  crossing(() => native.set((child.known ??= child.callNumber()), value));
}

/** Gives a histogram or a summary an observation. */
export function observeByCall(child: NativeChild, value: number): void {
  crossing(() => native.observe((child.known ??= child.callNumber()), value));
}

/** Bounds of histograms by rule. */

import { MetrionError, crossing, shown } from './errors';
import { native } from './native';

/** `count` bounds from `start`, each `width` above the one before. */
export function linearBuckets(start: number, width: number, count: number): number[] {
  checkCount(count);
  return crossing(() => native.linearBuckets(start, width, count));
}

/** `count` bounds from `start`, each `factor` times the one before; start above 0, factor above 1. */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  checkCount(count);
  if (!(start > 0)) {
    throw new MetrionError('invalid_buckets', `exponential buckets need a start above 0, not ${shown(start)}`);
  }
  if (!(factor > 1)) {
    throw new MetrionError('invalid_buckets', `exponential buckets need a factor above 1, not ${shown(factor)}`);
  }
  return crossing(() => native.exponentialBuckets(start, factor, count));
}

function checkCount(count: number): void {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new MetrionError('invalid_buckets', `buckets need a count of at least 1, not ${shown(count)}`);
  }
}

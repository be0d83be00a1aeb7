/** Errors that nobody caught. */

import { Counter } from '../index';
import type { Settings } from './settings';

/**
 * Counts `uncaught_errors_total{kind}`: `error` for those that reached the window, `unhandled_rejection` for promises.
 * Gives the function that ends it.
 */
export function countErrors(settings: Settings): () => void {
  const counter = new Counter({
    ...settings.of('uncaught_errors_total', 'Errors and rejections that nothing on the page caught.'),
    labelNames: ['kind'],
  });
  const errors = counter.labels('error');
  const rejections = counter.labels('unhandled_rejection');
  const ends = [
    settings.listen('error', () => errors.inc()),
    settings.listen('unhandledrejection', () => rejections.inc()),
  ];
  return () => ends.forEach((end) => end());
}

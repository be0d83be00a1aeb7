/** How long the phases of loading the page took. */

import { Histogram } from '../index';
import type { Settings } from './settings';

/** Each phase, and the marks of PerformanceNavigationTiming between which it is. */
const PHASES = {
  redirect: ['redirectStart', 'redirectEnd'],
  dns: ['domainLookupStart', 'domainLookupEnd'],
  connect: ['connectStart', 'connectEnd'],
  tls: ['secureConnectionStart', 'connectEnd'],
  request: ['requestStart', 'responseStart'],
  response: ['responseStart', 'responseEnd'],
  dom: ['responseEnd', 'domContentLoadedEventEnd'],
  load: ['loadEventStart', 'loadEventEnd'],
  total: ['startTime', 'loadEventEnd'],
} as const;

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Observes `page_load_seconds{phase}` once, when the page has loaded. It is a histogram, as the loads of many pages
 * are added up; `total` is from the start of the navigation to the end of the load event, the others are parts of it
 * (`tls` is part of `connect`). Phases that did not happen are left out. Gives the function that ends it.
 */
export function observePageLoad(settings: Settings): () => void {
  if (typeof globalThis.performance?.getEntriesByType !== 'function' || typeof document === 'undefined') {
    return () => {};
  }
  const seconds = new Histogram({
    ...settings.of('page_load_seconds', 'Time that the phases of loading a page took.'),
    labelNames: ['phase'],
    buckets: BOUNDS,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const observe = (): void => {
    const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    for (const [phase, [from, to]] of Object.entries(PHASES)) {
      if (entry !== undefined && entry[to] > 0 && (entry[from] > 0 || from === 'startTime')) {
        seconds.observe({ phase }, Math.max(entry[to] - entry[from], 0) / 1000);
      }
    }
  };
  // The end of the load event is known after it.
  const later = (): void => {
    timer = setTimeout(() => settings.quietly(observe));
  };
  const end = document.readyState === 'complete' ? undefined : settings.listen('load', later);
  if (end === undefined) {
    later();
  }
  return () => {
    end?.();
    clearTimeout(timer);
  };
}

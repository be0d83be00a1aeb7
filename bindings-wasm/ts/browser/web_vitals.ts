/** Google's web vitals, as the library `web-vitals` defines them. */

import { onCLS } from 'web-vitals/onCLS.js';
import { onFCP } from 'web-vitals/onFCP.js';
import { onINP } from 'web-vitals/onINP.js';
import { onLCP } from 'web-vitals/onLCP.js';
import { onTTFB } from 'web-vitals/onTTFB.js';

import { Histogram } from '../index';
import type { Settings } from './settings';

/** The bounds between good, fair and poor are among the buckets. */
const TIMES = [0.1, 0.2, 0.35, 0.5, 0.8, 1.2, 1.8, 2.5, 3, 4, 6, 10];
const SHIFTS = [0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1];
const DELAYS = [0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5];

const VITALS = [
  { on: onLCP, name: 'web_vitals_lcp_seconds', help: 'Largest contentful paint.', buckets: TIMES, unit: 1000 },
  { on: onFCP, name: 'web_vitals_fcp_seconds', help: 'First contentful paint.', buckets: TIMES, unit: 1000 },
  { on: onTTFB, name: 'web_vitals_ttfb_seconds', help: 'Time to first byte.', buckets: TIMES, unit: 1000 },
  { on: onINP, name: 'web_vitals_inp_seconds', help: 'Interaction to next paint.', buckets: DELAYS, unit: 1000 },
  { on: onCLS, name: 'web_vitals_cls', help: 'Cumulative layout shift, a score.', buckets: SHIFTS, unit: 1 },
];

/**
 * Observes each vital once for each view of the page: the value when it is final, or when the page is hidden for the
 * first time, as a page that is hidden may never be heard of again. Gives the function that ends it.
 */
export function observeWebVitals(settings: Settings): () => void {
  if (typeof PerformanceObserver === 'undefined' || typeof document === 'undefined') {
    return () => {};
  }
  let active = true;
  for (const { on, name, help, buckets, unit } of VITALS) {
    const histogram = new Histogram({ ...settings.of(name, help), buckets });
    let last = '';
    settings.quietly(() =>
      on(({ id, value }) => {
        // The library tells again when a value has changed since the page was hidden.
        if (active && id !== last) {
          last = id;
          settings.quietly(() => histogram.observe(value / unit));
        }
      }),
    );
  }
  return () => {
    active = false;
  };
}

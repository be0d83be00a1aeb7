import { MetrionError, Registry, register } from '../index';
import { timeFetch, type FetchOptions } from './fetch_timing';
import { observePageLoad } from './page_load';
import { Settings } from './settings';
import { countErrors } from './uncaught_errors';
import { observeWebVitals } from './web_vitals';

/** What is measured of a page; all of it by default. */
export interface BrowserMetricsConfig {
  /** Where it shows: `register` by default. */
  registry?: Registry;
  /** What every name begins with. */
  prefix?: string;
  /** Labels with one value for all of it. */
  labels?: Readonly<Record<string, string>>;
  /** The phases of loading: `page_load_seconds{phase}`. */
  pageLoad?: boolean;
  /** LCP, FCP, TTFB, INP (seconds) and CLS: `web_vitals_*`. */
  webVitals?: boolean;
  /** `fetch_duration_seconds{method, status, route}`. */
  fetch?: boolean | FetchOptions;
  /** `uncaught_errors_total{kind}`. */
  errors?: boolean;
}

/** Metrics of a page, until they are stopped. */
export interface BrowserMetrics {
  /** Ends the measuring and puts `fetch` back. What was counted stays. */
  stop(): void;
}

/**
 * Measures the page: how it loads, Google's web vitals, requests by `fetch`, and uncaught errors. What the browser does
 * not offer is left out. Once for each page: who calls it twice counts twice. Throws a MetrionError when the
 * configuration is wrong (`invalid_name`, `metric_exists`, `invalid_buckets`, `invalid_value`, ...), and nothing
 * afterwards.
 */
export function collectBrowserMetrics(config: BrowserMetricsConfig = {}): BrowserMetrics {
  if (typeof config !== 'object' || config === null) {
    throw new MetrionError('invalid_value', `the configuration is an object, not ${String(config)}`);
  }
  const { registry = register, prefix = '', labels = {}, pageLoad, webVitals, errors } = config;
  const { fetch = true } = config;
  if (!(registry instanceof Registry)) {
    throw new MetrionError('invalid_value', 'registry is a Registry');
  }
  if (typeof prefix !== 'string') {
    throw new MetrionError('invalid_name', `the prefix is a string, not ${String(prefix)}`);
  }
  const fetchOptions = typeof fetch === 'object' ? fetch : {};
  if (fetchOptions?.route !== undefined && typeof fetchOptions.route !== 'function') {
    throw new MetrionError('invalid_value', 'fetch.route is a function of a URL that gives a text');
  }
  const settings = new Settings(registry, prefix, labels);
  const ends: (() => void)[] = [];
  const stop = (): void => ends.splice(0).forEach((end) => end());
  try {
    if (pageLoad !== false) {
      ends.push(observePageLoad(settings));
    }
    if (webVitals !== false) {
      ends.push(observeWebVitals(settings));
    }
    if (errors !== false) {
      ends.push(countErrors(settings));
    }
    if (fetch !== false) {
      ends.push(timeFetch(fetchOptions, settings));
    }
  } catch (error) {
    // All or nothing.
    stop();
    throw error;
  }
  return { stop };
}

/** What `require('prom-client')` gives, over the core of this package. */

import { aggregators } from '../aggregators';
import { GROUPS, collectAll } from '../default_metrics';
import type { Library, Settings } from '../default_metrics/library';
import { Pushgateway as CorePushgateway, type PushgatewayOptions } from '../pushgateway';
import { AggregatorRegistry } from './aggregator_registry';
import { Counter } from './counter';
import { Gauge } from './gauge';
import { Histogram } from './histogram';
import { isObject, validateMetricName } from './labels';
import { Registry, globalRegistry } from './registry';
import { Summary } from './summary';

export { AggregatorRegistry, Counter, Gauge, Histogram, Registry, Summary, aggregators, validateMetricName };

export const register: Registry = globalRegistry;
export const prometheusContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;
export const openMetricsContentType: string = Registry.OPENMETRICS_CONTENT_TYPE;
/** The content type of `register`, which may be set. */
export declare let contentType: string;

Object.defineProperty(exports, 'contentType', {
  configurable: false,
  enumerable: true,
  get: () => globalRegistry.contentType,
  set: (value: string) => globalRegistry.setContentType(value),
});

export class Pushgateway extends CorePushgateway {
  constructor(url: string, options?: PushgatewayOptions | null, registry: Registry = globalRegistry) {
    super(url, options, registry);
  }
}

interface DefaultMetricsConfig extends Settings {
  register?: Registry;
}

const library = { Counter, Gauge, Histogram } as unknown as Library;

export function collectDefaultMetrics(config?: DefaultMetricsConfig | null): void {
  if (config !== null && config !== undefined && !isObject(config)) {
    throw new TypeError('config must be null, undefined, or an object');
  }
  const { register: target, ...settings } = config ?? {};
  collectAll(library, settings, target === undefined ? undefined : [target]);
}
collectDefaultMetrics.metricsList = Object.keys(GROUPS);

export function linearBuckets(start: number, width: number, count: number): number[] {
  if (count < 1) {
    throw new Error('Linear buckets needs a positive count');
  }
  return Array.from({ length: count }, (_, place) => start + place * width);
}

export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  if (start <= 0) {
    throw new Error('Exponential buckets needs a positive start');
  }
  if (count < 1) {
    throw new Error('Exponential buckets needs a positive count');
  }
  if (factor <= 1) {
    throw new Error('Exponential buckets needs a factor greater than 1');
  }
  const bounds = [start];
  while (bounds.length < count) {
    bounds.push(bounds[bounds.length - 1] * factor);
  }
  return bounds;
}

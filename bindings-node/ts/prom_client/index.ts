/** What `require('prom-client')` gives, over the core of this package. */

import { globalRegistry } from './global_registry';
import { Registry } from './registry';

export { aggregators } from '../aggregators';
export { AggregatorRegistry } from './aggregator_registry';
export { exponentialBuckets, linearBuckets } from './bucket_generators';
export { Counter, type IncreaseDataWithExemplar } from './counter';
export {
  collectDefaultMetrics,
  type DefaultMetricsConfig as DefaultMetricsCollectorConfiguration,
} from './default_metrics';
export { Gauge } from './gauge';
export { Histogram, type HistogramConfiguration, type ObserveDataWithExemplar } from './histogram';
export { validateMetricName, type LabelValues } from './labels';
export type {
  MetricConfiguration,
  MetricConfiguration as CounterConfiguration,
  MetricConfiguration as GaugeConfiguration,
} from './metric';
export { Pushgateway } from './pushgateway';
export { Summary, type SummaryConfiguration } from './summary';
export type { Aggregator, MetricObject } from './values';
export { Registry };

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

/** Metrics for Prometheus over one Rust core, in WebAssembly. */

export { exponentialBuckets, linearBuckets } from './bucket_generators';
export type { Collector, Family, Sample } from './collector';
export { Counter, CounterChild } from './counter';
export { MetrionError, type ErrorCode } from './errors';
export { Gauge, GaugeChild, type GaugeConfig, type GaugeMode } from './gauge';
export {
  Histogram,
  HistogramChild,
  type HistogramConfig,
  type HistogramValue,
  type NativeHistogramOptions,
} from './histogram';
export { Info, InfoChild } from './info';
export type { Exemplar, MetricValue } from './json';
export type { LabelTuple, LabelValue, Labels } from './labels';
export {
  Metric,
  type Aggregator,
  type ExemplarLabels,
  type ExemplarUpdate,
  type MetricConfig,
  type MetricObject,
} from './metric';
export {
  OPENMETRICS_CONTENT_TYPE,
  PROMETHEUS_CONTENT_TYPE,
  Registry,
  register,
  type AnyMetric,
  type ContentType,
  type EncodeOptions,
  type Page,
  type PageRequest,
  type RegistryConfig,
} from './registry';
export { StateSet, StateSetChild, type StateSetConfig } from './state_set';
export { Summary, SummaryChild, type SummaryConfig, type SummaryValue } from './summary';

/** Metrics as `getMetricsAsJSON` gives them. */

import type { Exemplar } from './metric';

export type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

export interface Value {
  labels: Readonly<Record<string, string | number>>;
  value: number;
  metricName?: string;
  exemplar?: Exemplar | null;
}

export interface MetricObject {
  help: string;
  name: string;
  type: string;
  values: Value[];
  aggregator: Aggregator;
}

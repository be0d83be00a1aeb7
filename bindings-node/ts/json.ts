/** The core's JSON in the shape of `getMetricsAsJSON`. */

/** One number. `metricName` says of which sample, where it is not the metric's own name. */
export interface MetricValue {
  labels: Record<string, string | number>;
  value: number;
  metricName?: string;
  exemplar?: Exemplar | null;
}

/** An update that stands for others. */
export interface Exemplar {
  labelSet: Record<string, string>;
  value: number;
  timestamp?: number;
}

type Num = number | 'NaN' | '+Inf' | '-Inf';

interface CoreExemplar {
  labels: Record<string, string>;
  value: Num;
  timestamp?: number;
}

interface CoreSeries {
  labels: Record<string, string>;
  value?: Num;
  exemplar?: CoreExemplar;
  count?: Num;
  sum?: Num;
  buckets?: { le: Num; count: Num; exemplar?: CoreExemplar }[];
  quantiles?: { quantile: number; value: Num }[];
  states?: Record<string, number>;
}

/** A family as the core writes it. */
export interface CoreFamily {
  name: string;
  type: string;
  help: string;
  series: CoreSeries[];
}

/** A number as the core writes it. */
export function numberOf(written: Num): number {
  switch (written) {
    case 'NaN':
      return NaN;
    case '+Inf':
      return Infinity;
    case '-Inf':
      return -Infinity;
    default:
      return written;
  }
}

function exemplarOf(own: CoreExemplar): Exemplar {
  return { labelSet: own.labels, value: numberOf(own.value), timestamp: own.timestamp };
}

/** The values of a family, which is not there when it has no series. */
export function valuesOf(family: CoreFamily | undefined, name: string): MetricValue[] {
  return (family?.series ?? []).flatMap((series) => seriesValues(series, name));
}

function seriesValues(series: CoreSeries, name: string): MetricValue[] {
  const { labels } = series;
  const totals = (): MetricValue[] => [
    { labels, value: numberOf(series.sum!), metricName: `${name}_sum` },
    { labels, value: numberOf(series.count!), metricName: `${name}_count` },
  ];
  if (series.buckets !== undefined) {
    const buckets = series.buckets.map((bucket) => ({
      labels: { le: bucket.le, ...labels },
      value: numberOf(bucket.count),
      metricName: `${name}_bucket`,
      ...(bucket.exemplar === undefined ? {} : { exemplar: exemplarOf(bucket.exemplar) }),
    }));
    return [...buckets, ...totals()];
  }
  if (series.quantiles !== undefined) {
    const quantiles = series.quantiles.map((own) => ({
      labels: { quantile: own.quantile, ...labels },
      value: numberOf(own.value),
    }));
    return [...quantiles, ...totals()];
  }
  if (series.states !== undefined) {
    return Object.entries(series.states).map(([state, value]) => ({ labels: { ...labels, [name]: state }, value }));
  }
  const exemplar = series.exemplar === undefined ? {} : { exemplar: exemplarOf(series.exemplar) };
  return [{ labels, value: numberOf(series.value!), ...exemplar }];
}

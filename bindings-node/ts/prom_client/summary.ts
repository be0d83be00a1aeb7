import { format } from 'node:util';

import { Summary as CoreSummary, type SummaryChild } from '../summary';
import { secondsSince, start } from '../timer';
import { checkLabels, type AnyLabels, type LabelValues } from './labels';
import { Metric, type Entry, type MetricConfiguration } from './metric';
import { TimeWindowQuantiles } from './quantiles';
import type { Value } from './values';

export interface SummaryConfiguration<T extends string = string> extends MetricConfiguration<T> {
  percentiles?: readonly number[];
  maxAgeSeconds?: number;
  ageBuckets?: number;
  pruneAgedBuckets?: boolean;
  compressCount?: number;
}

const PERCENTILES = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999];

/**
 * Counts and sums are the core's; quantiles are those of the library that prom-client uses, to the digit, but for a
 * registry that processes share, whose quantiles are the core's.
 */
export class Summary<T extends string = string> extends Metric<SummaryChild, T> {
  readonly type = 'summary';
  readonly percentiles: readonly number[];
  readonly maxAgeSeconds?: number;
  readonly ageBuckets?: number;
  readonly pruneAgedBuckets: boolean;
  readonly compressCount: number;
  /** Not one object for all: `Metric` asks for it before the fields are there. */
  private readonly quantiles = new WeakMap<SummaryChild, TimeWindowQuantiles>();

  constructor(config: SummaryConfiguration<T>) {
    if ((config?.labelNames as readonly string[] | undefined)?.includes('quantile')) {
      throw new Error('quantile is a reserved label keyword');
    }
    super(config, (common, isShared) => new CoreSummary({ ...common, ...(isShared ? window(config) : NO_QUANTILES) }));
    this.percentiles = config.percentiles ?? PERCENTILES;
    this.maxAgeSeconds = config.maxAgeSeconds;
    this.ageBuckets = config.ageBuckets;
    this.pruneAgedBuckets = config.pruneAgedBuckets ?? false;
    this.compressCount = config.compressCount ?? 1000;
  }

  observe(value: number): void;
  observe(labels: LabelValues<T>, value: number): void;
  observe(first?: unknown, second?: number): void {
    // One argument is the value, whatever it is.
    const [labels, value] = second === undefined ? [{}, first] : [first, second];
    this.count((labels ?? {}) as AnyLabels, value);
  }

  private count(labels: AnyLabels, value: unknown): void {
    checkLabels(this.labelNames, labels);
    if (!Number.isFinite(value)) {
      throw new TypeError(`Value is not a valid number: ${format(value)}`);
    }
    const { child } = this.entry(labels);
    child.observe(value as number);
    if (!this.isShared) {
      this.quantilesOf(child).push(value as number);
    }
  }

  private quantilesOf(child: SummaryChild): TimeWindowQuantiles {
    let own = this.quantiles.get(child);
    if (own === undefined) {
      own = new TimeWindowQuantiles(this.maxAgeSeconds, this.ageBuckets, this.compressCount);
      this.quantiles.set(child, own);
    }
    return own;
  }

  /** Sets all series to zero, and keeps them. */
  override reset(): void {
    const known = [...this.entries.values()];
    this.forget();
    for (const { labels, child } of known) {
      const quantiles = this.quantilesOf(child).emptied();
      this.quantiles.set(this.entry(labels).child, quantiles);
    }
  }

  startTimer(labels?: LabelValues<T>) {
    const began = start();
    return (more?: LabelValues<T>): number => {
      const seconds = secondsSince(began);
      this.observe({ ...labels, ...more } as LabelValues<T>, seconds);
      return seconds;
    };
  }

  labels(...values: (string | number)[]): Summary.Internal<T>;
  labels(labels: LabelValues<T>): Summary.Internal<T>;
  labels(...given: unknown[]): Summary.Internal<T> {
    const labels = this.bound(given);
    checkLabels(this.labelNames, labels);
    return {
      observe: (value: number) => this.count(labels, value),
      startTimer: () => this.startTimer(labels as LabelValues<T>),
    };
  }

  protected override values({ labels, child }: Entry<SummaryChild>): Value[] {
    const own = { ...labels };
    if (this.isShared) {
      const { quantiles, sum, count } = child.value();
      return this.allValues(own, quantiles, sum, count);
    }
    const quantiles = this.quantilesOf(child);
    if (this.pruneAgedBuckets && quantiles.size() === 0) {
      this.remove(labels as LabelValues<T>);
      return [];
    }
    quantiles.compress();
    const { sum, count } = child.value();
    const answers = this.percentiles.map((quantile) => quantiles.percentile(quantile) || 0);
    return this.allValues(own, answers, sum, count);
  }

  private allValues(own: AnyLabels, answers: readonly number[], sum: number, count: number): Value[] {
    return [
      ...this.percentiles.map((quantile, place) => ({ labels: { quantile, ...own }, value: answers[place] })),
      { metricName: `${this.name}_sum`, labels: own, value: sum },
      { metricName: `${this.name}_count`, labels: own, value: count },
    ];
  }
}

const NO_QUANTILES = { percentiles: [] };

function window({ percentiles = PERCENTILES, maxAgeSeconds, ageBuckets }: SummaryConfiguration) {
  return { percentiles, maxAgeSeconds, ageBuckets };
}

export declare namespace Summary {
  interface Internal<T extends string> {
    observe(value: number): void;
    startTimer(): (labels?: LabelValues<T>) => number;
  }
}

import { format } from 'node:util';

import { Histogram as CoreHistogram, type HistogramChild } from '../histogram';
import { secondsSince, start } from '../timer';
import { checkLabels, isObject, type AnyLabels, type LabelValues } from './labels';
import { Metric, exemplarOf, keepExemplar, type Entry, type MetricConfiguration } from './metric';
import type { Value } from './values';

export interface HistogramConfiguration<T extends string = string> extends MetricConfiguration<T> {
  buckets?: readonly number[];
}

export interface ObserveDataWithExemplar<T extends string> {
  labels?: LabelValues<T>;
  value: number;
  exemplarLabels?: AnyLabels;
}

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Histogram<T extends string = string> extends Metric<HistogramChild, T> {
  readonly type = 'histogram';
  protected override readonly defaultsFirst = true;
  declare readonly buckets: readonly number[];
  declare readonly upperBounds: readonly number[];

  constructor(config: HistogramConfiguration<T>) {
    if ((config?.labelNames as readonly string[] | undefined)?.includes('le')) {
      throw new Error('le is a reserved label keyword');
    }
    const buckets = Object.freeze([...(config?.buckets ?? BUCKETS)]);
    super(
      config,
      (common) => new CoreHistogram({ ...common, buckets }),
      (metric) => Object.assign(metric, { buckets, upperBounds: buckets }),
    );
  }

  protected override labelsShown(labels: AnyLabels): AnyLabels[] {
    return [...[...this.upperBounds, '+Inf'].map((le) => ({ le, ...labels })), labels];
  }

  observe(value: number): void;
  observe(labels: LabelValues<T>, value: number): void;
  observe(data: ObserveDataWithExemplar<T>): void;
  observe(first?: unknown, second?: number): void {
    if (this.enableExemplars) {
      const { labels = {}, value, exemplarLabels = {} } = (first ?? {}) as Partial<ObserveDataWithExemplar<string>>;
      const hasExemplar = Object.keys(exemplarLabels).length > 0;
      const entry = this.count(labels as AnyLabels, value, hasExemplar ? exemplarLabels : undefined);
      if (hasExemplar && !this.isShared) {
        const place = this.upperBounds.findIndex((bound) => (value as number) <= bound);
        keepExemplar(entry, place, exemplarLabels, value as number);
      }
    } else if (isObject(first)) {
      this.count(first as AnyLabels, second);
    } else {
      // What is false is no labels, so that the value is what comes after them; but for 0.
      this.count({}, first || first === 0 ? first : second);
    }
  }

  private count(labels: AnyLabels, value: unknown, exemplar?: AnyLabels): Entry<HistogramChild> {
    checkLabels(this.labelNames, labels);
    if (!Number.isFinite(value)) {
      throw new TypeError(`Value is not a valid number: ${format(value)}`);
    }
    const entry = this.entry(labels);
    entry.child.observe(value as number, exemplar !== undefined && this.isShared ? exemplarOf(exemplar) : undefined);
    return entry;
  }

  /** Without labels, too, it has no values until the next observation. */
  override reset(): void {
    this.forget();
  }

  zero(labels: LabelValues<T>): void {
    this.renew(labels as AnyLabels);
  }

  startTimer(labels?: LabelValues<T>, exemplarLabels?: AnyLabels) {
    const began = start();
    return (more?: LabelValues<T>, later?: AnyLabels): number => {
      const value = secondsSince(began);
      const all = { ...labels, ...more } as LabelValues<T>;
      if (this.enableExemplars) {
        this.observe({ labels: all, value, exemplarLabels: { ...exemplarLabels, ...later } });
      } else {
        this.observe(all, value);
      }
      return value;
    };
  }

  labels(...values: (string | number)[]): Histogram.Internal<T>;
  labels(labels: LabelValues<T>): Histogram.Internal<T>;
  labels(...given: unknown[]): Histogram.Internal<T> {
    const labels = this.bound(given);
    checkLabels(this.labelNames, labels);
    return {
      observe: (value: number) => void this.count(labels, value),
      startTimer: () => this.startTimer(labels as LabelValues<T>),
    };
  }

  protected override values({ shown, child, exemplars }: Entry<HistogramChild>): Value[] {
    const { counts, sum } = child.value();
    let count = 0;
    const exemplar = (place: number) => (this.enableExemplars ? (exemplars?.get(place) ?? null) : null);
    const values: Value[] = counts.map((own, place) => ({
      labels: shown[place],
      value: (count += own),
      metricName: `${this.name}_bucket`,
      exemplar: exemplar(place < this.upperBounds.length ? place : -1),
    }));
    const labels = shown[counts.length];
    values.push(
      { labels, value: sum, metricName: `${this.name}_sum`, exemplar: undefined },
      { labels, value: count, metricName: `${this.name}_count`, exemplar: undefined },
    );
    return values;
  }
}

export declare namespace Histogram {
  interface Internal<T extends string> {
    observe(value: number): void;
    startTimer(): (labels?: LabelValues<T>) => number;
  }
}

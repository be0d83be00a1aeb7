import { format } from 'node:util';

import { Counter as CoreCounter, type CounterChild } from '../counter';
import { isObject, type AnyLabels, type LabelValues } from './labels';
import { Metric, exemplarOf, keepExemplar, type Entry, type MetricConfiguration } from './metric';
import type { Value } from './values';

export interface IncreaseDataWithExemplar<T extends string> {
  labels?: LabelValues<T>;
  value?: number;
  exemplarLabels?: Readonly<Record<string, string | number>>;
}

export class Counter<T extends string = string> extends Metric<CounterChild, T> {
  readonly type = 'counter';

  constructor(config: MetricConfiguration<T>) {
    super(config, (common) => new CoreCounter(common));
  }

  inc(labels: LabelValues<T>, value?: number): void;
  inc(value?: number): void;
  inc(data: IncreaseDataWithExemplar<T>): void;
  inc(first?: unknown, second?: number | null): void {
    if (this.enableExemplars) {
      const { labels = {}, value = 1, exemplarLabels } = (first ?? {}) as IncreaseDataWithExemplar<string>;
      const entry = this.add(labels as AnyLabels, value, exemplarLabels);
      if (exemplarLabels !== undefined && !this.isShared) {
        keepExemplar(entry, 0, exemplarLabels, value || 1);
      }
    } else if (isObject(first)) {
      this.add(first as AnyLabels, second);
    } else {
      this.add({}, first as number | undefined);
    }
  }

  private add(labels: AnyLabels, value: number | null | undefined, exemplar?: AnyLabels): Entry<CounterChild> {
    if (value && !Number.isFinite(value)) {
      throw new TypeError(`Value is not a valid number: ${format(value)}`);
    }
    if ((value as number) < 0) {
      throw new Error('It is not possible to decrease a counter');
    }
    const entry = this.entry(labels);
    const amount = value === null || value === undefined ? 1 : Number(value);
    entry.child.inc(amount, exemplar !== undefined && this.isShared ? exemplarOf(exemplar) : undefined);
    return entry;
  }

  labels(...values: (string | number)[]): Counter.Internal;
  labels(labels: LabelValues<T>): Counter.Internal;
  labels(...given: unknown[]): Counter.Internal {
    const labels = this.bound(given);
    return { inc: (value) => this.inc(labels as LabelValues<T>, value) };
  }

  protected override values({ shown: [labels], child, exemplars }: Entry<CounterChild>): Value[] {
    const exemplar = exemplars?.get(0);
    return [{ value: child.value(), labels, ...(exemplar === undefined ? {} : { exemplar }) }];
  }
}

export declare namespace Counter {
  interface Internal {
    inc(value?: number): void;
  }
}

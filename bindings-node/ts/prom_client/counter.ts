import { format } from 'node:util';

import { Counter as CoreCounter, type CounterChild } from '../counter';
import { isObject, type LabelValues } from './labels';
import { Metric, coreConfig, keepExemplar, type Entry, type MetricConfiguration } from './metric';
import type { Value } from './values';

interface Update {
  labels?: LabelValues;
  value?: number;
  exemplarLabels?: LabelValues;
}

export class Counter extends Metric<CounterChild> {
  readonly type = 'counter';

  constructor(config: MetricConfiguration) {
    super(config, (labelNames) => new CoreCounter(coreConfig(labelNames)));
  }

  inc(first?: unknown, second?: number | null): void {
    if (this.enableExemplars) {
      const { labels = {}, value = 1, exemplarLabels } = (first ?? {}) as Update;
      const entry = this.add(labels, value);
      if (exemplarLabels !== undefined) {
        keepExemplar(entry, 0, exemplarLabels, value || 1);
      }
    } else if (isObject(first)) {
      this.add(first as LabelValues, second);
    } else {
      this.add({}, first as number | undefined);
    }
  }

  private add(labels: LabelValues, value: number | null | undefined): Entry<CounterChild> {
    if (value && !Number.isFinite(value)) {
      throw new TypeError(`Value is not a valid number: ${format(value)}`);
    }
    if ((value as number) < 0) {
      throw new Error('It is not possible to decrease a counter');
    }
    const entry = this.entry(labels);
    entry.child.inc(value === null || value === undefined ? 1 : Number(value));
    return entry;
  }

  labels(...given: unknown[]): { inc(value?: number | null): void } {
    const labels = this.bound(given);
    return { inc: (value) => this.inc(labels, value) };
  }

  protected override values({ shown: [labels], child, exemplars }: Entry<CounterChild>): Value[] {
    const exemplar = exemplars?.get(0);
    return [{ value: child.value(), labels, ...(exemplar === undefined ? {} : { exemplar }) }];
  }
}

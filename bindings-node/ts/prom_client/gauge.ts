import { format } from 'node:util';

import { Gauge as CoreGauge, type GaugeChild } from '../gauge';
import { secondsSince, start } from '../timer';
import { checkLabels, isObject, type AnyLabels, type LabelValues } from './labels';
import { Metric, type Entry, type MetricConfiguration } from './metric';
import type { Value } from './values';

type EndTimer<T extends string> = (labels?: LabelValues<T>) => number;

export class Gauge<T extends string = string> extends Metric<GaugeChild, T> {
  readonly type = 'gauge';

  constructor(config: MetricConfiguration<T>) {
    super(config, (common) => new CoreGauge(common));
  }

  set(labels: LabelValues<T>, value: number): void;
  set(value: number): void;
  set(first: unknown, second?: number): void {
    const [labels, value] = isObject(first) ? [first as AnyLabels, second] : [{}, first];
    if (typeof value !== 'number') {
      throw new TypeError(`Value is not a valid number: ${format(value)}`);
    }
    this.entry(labels).child.set(value);
  }

  inc(labels: LabelValues<T>, value?: number): void;
  inc(value?: number): void;
  inc(first?: unknown, second?: number): void {
    this.add(first, second, 1);
  }

  dec(labels: LabelValues<T>, value?: number): void;
  dec(value?: number): void;
  dec(first?: unknown, second?: number): void {
    this.add(first, second, -1);
  }

  private add(first: unknown, second: unknown, sign: number): void {
    const [labels, value = 1] = isObject(first) ? [first as AnyLabels, second] : [{}, first];
    if (typeof value !== 'number') {
      // What is no number is negated before it is looked at when it is taken off.
      throw new TypeError(`Delta is not a valid number: ${format(value)}`);
    }
    this.entry(labels).child.inc(sign * value);
  }

  setToCurrentTime(labels?: LabelValues<T>): void {
    this.set((labels ?? {}) as LabelValues<T>, Date.now() / 1000);
  }

  startTimer(labels?: LabelValues<T>): EndTimer<T> {
    const began = start();
    return (more) => {
      const seconds = secondsSince(began);
      this.set({ ...labels, ...more } as LabelValues<T>, seconds);
      return seconds;
    };
  }

  labels(...values: (string | number)[]): Gauge.Internal<T>;
  labels(labels: LabelValues<T>): Gauge.Internal<T>;
  labels(...given: unknown[]): Gauge.Internal<T> {
    const labels = this.bound(given) as LabelValues<T>;
    checkLabels(this.labelNames, labels);
    return {
      inc: (value?: number) => this.inc(labels, value),
      dec: (value?: number) => this.dec(labels, value),
      set: (value: number) => this.set(labels, value),
      setToCurrentTime: () => this.setToCurrentTime(labels),
      startTimer: () => this.startTimer(labels),
    };
  }

  protected override values({ shown: [labels], child }: Entry<GaugeChild>): Value[] {
    return [{ value: child.value(), labels }];
  }
}

export declare namespace Gauge {
  interface Internal<T extends string> {
    inc(value?: number): void;
    dec(value?: number): void;
    set(value: number): void;
    setToCurrentTime(): void;
    startTimer(): EndTimer<T>;
  }
}

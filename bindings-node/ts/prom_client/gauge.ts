import { format } from 'node:util';

import { Gauge as CoreGauge, type GaugeChild } from '../gauge';
import { secondsSince, start } from '../timer';
import { checkLabels, isObject, type LabelValues } from './labels';
import { Metric, coreConfig, type Entry, type MetricConfiguration } from './metric';
import type { Value } from './values';

type EndTimer = (labels?: LabelValues) => number;

export class Gauge extends Metric<GaugeChild> {
  readonly type = 'gauge';

  constructor(config: MetricConfiguration) {
    super(config, (labelNames) => new CoreGauge(coreConfig(labelNames)));
  }

  set(first: unknown, second?: number): void {
    const [labels, value] = isObject(first) ? [first as LabelValues, second] : [{}, first];
    if (typeof value !== 'number') {
      throw new TypeError(`Value is not a valid number: ${format(value)}`);
    }
    this.entry(labels).child.set(value);
  }

  inc(first?: unknown, second?: number): void {
    this.add(first, second, 1);
  }

  dec(first?: unknown, second?: number): void {
    this.add(first, second, -1);
  }

  private add(first: unknown, second: unknown, sign: number): void {
    const [labels, value = 1] = isObject(first) ? [first as LabelValues, second] : [{}, first];
    if (typeof value !== 'number') {
      // What is no number is negated before it is looked at when it is taken off.
      throw new TypeError(`Delta is not a valid number: ${format(value)}`);
    }
    this.entry(labels).child.inc(sign * value);
  }

  setToCurrentTime(labels?: LabelValues): void {
    this.set(labels ?? {}, Date.now() / 1000);
  }

  startTimer(labels?: LabelValues): EndTimer {
    const began = start();
    return (more) => {
      const seconds = secondsSince(began);
      this.set({ ...labels, ...more }, seconds);
      return seconds;
    };
  }

  labels(...given: unknown[]) {
    const labels = this.bound(given);
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

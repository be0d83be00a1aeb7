import { Buckets } from './buckets';
import { observeByCall } from './calls';
import { countInDouble, isDetached, type Cells, type Place } from './cells';
import { crossing } from './errors';
import { flatLabels, type Labels } from './labels';
import { Metric, curried, notANumber, type ExemplarLabels, type ExemplarUpdate, type MetricConfig } from './metric';
import { checkNumbers } from './numbers';
import type { NativeBuckets, NativeChild, NativeFamily } from './native_module';
import { secondsSince, start } from './timer';

/** How a histogram counts in native (exponential) buckets; names and meanings as in Prometheus' Go client. */
export interface NativeHistogramOptions {
  /** The resolution, -4 to 8; or give `factor`. */
  schema?: number;
  /** How much wider each bucket is than the one before: 1.1 is 10 %. */
  factor?: number;
  /** At most that many buckets; 160 by default. */
  maxBuckets?: number;
  zeroThreshold?: number;
  maxZeroThreshold?: number;
  minResetSeconds?: number;
}

/** What a histogram is made with. */
export interface HistogramConfig<N extends readonly string[]> extends MetricConfig<N> {
  /** The upper bounds, increasing; infinity is added. Those of Prometheus' Go client by default. */
  buckets?: readonly number[];
  /** Native buckets, beside `buckets`, or alone when that list is empty: a factor, or options. */
  native?: number | NativeHistogramOptions;
}

/** The numbers of one series. */
export interface HistogramValue {
  /** The count of each bucket alone (not cumulative), the bucket to infinity last. */
  counts: number[];
  sum: number;
  native?: NativeBuckets | null;
}

/** One series of a histogram. */
export class HistogramChild {
  private numbers: Float64Array;
  private index: number;
  private sum: number;

  /** @internal */
  constructor(
    private readonly cells: Cells,
    private readonly buckets: Buckets,
    private readonly native: NativeChild,
  ) {
    const { numbers, index } = this.place();
    this.numbers = numbers;
    this.index = index;
    this.sum = index + buckets.length + 1;
  }

  private place(): Place {
    return this.cells.own(this.native, this.buckets.length + 2);
  }

  /** Looks for the cells again if they are elsewhere by now. */
  private attach(): void {
    if (isDetached(this.numbers)) {
      ({ numbers: this.numbers, index: this.index } = this.place());
      this.sum = this.index + this.buckets.length + 1;
    }
  }

  /** Counts one observation; NaN is in no bucket, and dropped. `exemplar` tells where it comes from. */
  observe(value: number, exemplar?: ExemplarLabels): void {
    if (typeof value === 'number' && value === value && exemplar === undefined) {
      const { numbers } = this;
      const bucket = this.index + this.buckets.find(value);
      const count = numbers[bucket];
      // A whole number's word is NaN.
      if (count > 0) {
        numbers[bucket] = count + 1;
        numbers[this.sum] += value;
        return;
      }
    }
    this.observeRare(value, exemplar);
  }

  private observeRare(value: unknown, exemplar: ExemplarLabels | undefined): void {
    if (typeof value !== 'number') {
      throw notANumber(value);
    }
    this.attach();
    if (exemplar !== undefined) {
      crossing(() => this.native.updateWithExemplar(value, flatLabels(exemplar)));
    } else if (value === value && countInDouble(this.numbers, this.index + this.buckets.find(value))) {
      this.numbers[this.sum] += value;
    } else {
      observeByCall(this.native, value);
    }
  }

  /** Starts to measure time; the function that it gives observes the seconds since then. */
  startTimer(exemplar?: ExemplarLabels): (exemplar?: ExemplarLabels) => number {
    const began = start();
    return (later) => {
      const seconds = secondsSince(began);
      this.observe(seconds, later ?? exemplar);
      return seconds;
    };
  }

  /** The numbers, all threads together. */
  value(): HistogramValue {
    const { numbers, native } = this.native.read();
    return { counts: [...numbers.subarray(0, -1)], sum: numbers[numbers.length - 1], native };
  }
}

/** Counts of observations by upper bound, and their sum. */
export class Histogram<const N extends readonly string[] = readonly []> extends Metric<N, HistogramChild> {
  declare private buckets: Buckets;

  constructor(config: HistogramConfig<N>);
  /** @internal */
  constructor(config: HistogramConfig<N>, parent?: Histogram<N>, family?: NativeFamily);
  constructor(config: HistogramConfig<N>, parent?: Histogram<N>, family?: NativeFamily) {
    const { buckets, native } = config;
    const init = {
      buckets: buckets === undefined ? undefined : checkNumbers(buckets, 'invalid_buckets', 'buckets'),
      native: typeof native === 'number' ? { factor: native } : native,
    };
    super(config, 'histogram', init, parent, family);
  }

  /** The finite upper bounds. */
  get upperBounds(): number[] {
    return this.family.bounds;
  }

  protected override prepare(): void {
    this.buckets = new Buckets(this.family.bounds);
  }

  protected override wrap(child: NativeChild): HistogramChild {
    return new HistogramChild(this.registry.cells, this.buckets, child);
  }

  /** Counts one observation. */
  observe(value: number): void;
  /** Counts it in the child with these labels. */
  observe(labels: Labels<N>, value: number): void;
  /** The same with an exemplar, where they are enabled. */
  observe(update: ExemplarUpdate<N>): void;
  observe(first: unknown, value?: number): void {
    if (typeof first !== 'object' || first === null) {
      (this.single ?? this.only()).observe(first as number);
    } else if (this.exemplars) {
      const update = first as ExemplarUpdate<N>;
      this.byName(update.labels ?? {}).observe(update.value as number, update.exemplarLabels);
    } else {
      this.byName(first as Readonly<Record<string, unknown>>).observe(value as number);
    }
  }

  /** Starts to measure time; the function that it gives, to which further labels may be told, ends it. */
  startTimer(
    labels?: Partial<Labels<N>>,
    exemplar?: ExemplarLabels,
  ): (labels?: Partial<Labels<N>>, exemplar?: ExemplarLabels) => number {
    const began = start();
    return (more, later) => {
      const seconds = secondsSince(began);
      const all = { ...labels, ...more };
      (this.single ?? this.byName(all)).observe(seconds, later ?? exemplar);
      return seconds;
    };
  }

  /** Shows the child with these labels from now on, at zero. */
  zero(labels: Labels<N>): void {
    this.byName(labels);
  }

  /** A view in which some labels are fixed. */
  curry(labels: Readonly<Partial<Labels<N>>>): Histogram<readonly string[]> {
    const config = { name: this.name, help: this.help };
    return new Histogram<readonly string[]>(
      config,
      this as unknown as Histogram<readonly string[]>,
      curried(this, labels),
    );
  }
}

import { observeByCall } from './calls';
import { countInDouble, isDetached, type Cells } from './cells';
import type { Labels } from './labels';
import { Metric, curried, notANumber, type MetricConfig } from './metric';
import { checkNumbers } from './numbers';
import type { NativeChild, NativeFamily } from './native_module';
import { secondsSince, start } from './timer';

/** What a summary is made with. */
export interface SummaryConfig<N extends readonly string[]> extends MetricConfig<N> {
  /** The quantiles, 0 to 1; 0.01, 0.05, 0.5, 0.9, 0.95, 0.99 and 0.999 by default. None is fastest. */
  percentiles?: readonly number[];
  /** The quantiles in ascending order, each with the error that its rank may have, instead of `percentiles`. */
  objectives?: readonly (readonly [quantile: number, error: number])[];
  /** How long an observation counts for quantiles; 600 by default. */
  maxAgeSeconds?: number;
  /** In how many steps observations age; 5 by default. */
  ageBuckets?: number;
}

/** The numbers of one series. */
export interface SummaryValue {
  /** The value of each quantile; NaN when nothing was observed within the window. */
  quantiles: number[];
  sum: number;
  count: number;
}

const PERCENTILES = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999];

/** Answers are within 1 % of the value of the exact rank, so that no error of the rank is used. */
const RANK_ERROR = 0;

/** One series of a summary. */
export class SummaryChild {
  private numbers: Float64Array;
  private index: number;

  /** @internal */
  constructor(
    private readonly cells: Cells,
    private readonly native: NativeChild,
  ) {
    const { numbers, index } = cells.own(native, 2);
    this.numbers = numbers;
    this.index = index;
  }

  /** Looks for the cells again if they are elsewhere by now. */
  private attach(): void {
    if (isDetached(this.numbers)) {
      ({ numbers: this.numbers, index: this.index } = this.cells.own(this.native, 2));
    }
  }

  /** Counts one observation; NaN has no rank, and is dropped. */
  observe(value: number): void {
    const { numbers, index } = this;
    const count = numbers[index];
    // A whole number's word is NaN.
    if (typeof value === 'number' && value === value && count > 0) {
      numbers[index] = count + 1;
      numbers[index + 1] += value;
      return;
    }
    this.observeRare(value);
  }

  private observeRare(value: unknown): void {
    if (typeof value !== 'number') {
      throw notANumber(value);
    }
    this.attach();
    if (value === value && countInDouble(this.numbers, this.index)) {
      this.numbers[this.index + 1] += value;
    } else {
      observeByCall(this.native, value);
    }
  }

  /** Starts to measure time; the function that it gives observes the seconds since then. */
  startTimer(): () => number {
    const began = start();
    return () => {
      const seconds = secondsSince(began);
      this.observe(seconds);
      return seconds;
    };
  }

  /** The numbers, all threads together. */
  value(): SummaryValue {
    const { numbers } = this.native.read();
    const count = numbers.length;
    return { quantiles: [...numbers.subarray(0, -2)], sum: numbers[count - 2], count: numbers[count - 1] };
  }
}

/** Quantiles of the observations in a sliding window of time, their count and their sum. */
export class Summary<const N extends readonly string[] = readonly []> extends Metric<N, SummaryChild> {
  constructor(config: SummaryConfig<N>);
  /** @internal */
  constructor(config: SummaryConfig<N>, parent?: Summary<N>, family?: NativeFamily);
  constructor(config: SummaryConfig<N>, parent?: Summary<N>, family?: NativeFamily) {
    const percentiles = checkNumbers(config.percentiles ?? PERCENTILES, 'invalid_objectives', 'percentiles');
    const objectives = config.objectives?.flat() ?? percentiles.flatMap((quantile) => [quantile, RANK_ERROR]);
    const init = {
      objectives: checkNumbers(objectives, 'invalid_objectives', 'objectives'),
      maxAgeSeconds: config.maxAgeSeconds,
      ageBuckets: config.ageBuckets,
    };
    super(config, 'summary', init, parent, family);
  }

  protected override wrap(child: NativeChild): SummaryChild {
    return new SummaryChild(this.registry.cells, child);
  }

  /** Counts one observation. */
  observe(value: number): void;
  /** Counts it in the child with these labels. */
  observe(labels: Labels<N>, value: number): void;
  observe(first: unknown, value?: number): void {
    if (typeof first === 'object' && first !== null) {
      this.byName(first as Readonly<Record<string, unknown>>).observe(value as number);
    } else {
      (this.single ?? this.only()).observe(first as number);
    }
  }

  /** Starts to measure time; the function that it gives, to which further labels may be told, ends it. */
  startTimer(labels?: Partial<Labels<N>>): (labels?: Partial<Labels<N>>) => number {
    const began = start();
    return (more) => {
      const seconds = secondsSince(began);
      const all = { ...labels, ...more };
      (this.single ?? this.byName(all)).observe(seconds);
      return seconds;
    };
  }

  /** A view in which some labels are fixed. */
  curry(labels: Readonly<Partial<Labels<N>>>): Summary<readonly string[]> {
    const config = { name: this.name, help: this.help };
    return new Summary<readonly string[]>(config, this as unknown as Summary<readonly string[]>, curried(this, labels));
  }
}

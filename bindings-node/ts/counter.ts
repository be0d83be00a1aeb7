import { addByCall } from './calls';
import { Upper, addToCount, isDetached, type Cells } from './cells';
import { crossing } from './errors';
import { flatLabels, type Labels } from './labels';
import { Metric, curried, notANumber, type ExemplarLabels, type ExemplarUpdate, type MetricConfig } from './metric';
import type { NativeChild, NativeFamily } from './native_module';

/** One series of a counter. */
export class CounterChild {
  private numbers: Float64Array;
  private halves: Int32Array;
  private low: number;

  /** @internal */
  constructor(
    private readonly cells: Cells,
    private readonly native: NativeChild,
  ) {
    const { numbers, halves, low } = cells.own(native, 1);
    this.numbers = numbers;
    this.halves = halves;
    this.low = low;
  }

  /** Looks for the cells again if they are elsewhere by now. */
  private attach(): void {
    if (isDetached(this.numbers)) {
      ({ numbers: this.numbers, halves: this.halves, low: this.low } = this.cells.own(this.native, 1));
    }
  }

  /** Adds `value`, a number from 0 up. `exemplar` tells where it comes from. */
  inc(value = 1, exemplar?: ExemplarLabels): void {
    if (typeof value === 'number' && exemplar === undefined) {
      const { numbers, halves, low } = this;
      const whole = halves[low];
      const amount = value | 0;
      const sum = (whole + amount) | 0;
      // None of the three is negative, or beyond 31 bits.
      if (amount === value && (whole | amount | sum) >= 0 && halves[low ^ 1] >>> Upper.SHIFT === Upper.WHOLE) {
        halves[low] = sum;
        return;
      }
      // A whole number's word is NaN.
      const seen = numbers[low >> 1];
      if (seen > 0 && value >= 0) {
        numbers[low >> 1] = seen + value;
        return;
      }
    }
    this.incRare(value, exemplar);
  }

  private incRare(value: unknown, exemplar: ExemplarLabels | undefined): void {
    if (typeof value !== 'number') {
      throw notANumber(value);
    }
    this.attach();
    if (exemplar !== undefined) {
      crossing(() => this.native.updateWithExemplar(value, flatLabels(exemplar)));
    } else if (!(value >= 0 && addToCount(this.numbers, this.halves, this.low, value))) {
      addByCall(this.native, value);
    }
  }

  /** The value, all threads together. */
  value(): number {
    return this.native.number;
  }
}

/** A number that only goes up: requests, errors, bytes. */
export class Counter<const N extends readonly string[] = readonly []> extends Metric<N, CounterChild> {
  constructor(config: MetricConfig<N>);
  /** @internal */
  constructor(config: MetricConfig<N>, parent?: Counter<N>, family?: NativeFamily);
  constructor(config: MetricConfig<N>, parent?: Counter<N>, family?: NativeFamily) {
    super(config, 'counter', {}, parent, family);
  }

  protected override wrap(child: NativeChild): CounterChild {
    return new CounterChild(this.registry.cells, child);
  }

  /** Adds 1, or `value`, a number from 0 up. */
  inc(value?: number): void;
  /** Adds to the child with these labels. */
  inc(labels: Labels<N>, value?: number): void;
  /** The same with an exemplar, where they are enabled. */
  inc(update: ExemplarUpdate<N>): void;
  inc(first?: unknown, value?: number): void {
    if (typeof first !== 'object' || first === null) {
      (this.single ?? this.only()).inc(first as number | undefined);
    } else if (this.exemplars) {
      const update = first as ExemplarUpdate<N>;
      this.byName(update.labels ?? {}).inc(update.value, update.exemplarLabels);
    } else {
      this.byName(first as Readonly<Record<string, unknown>>).inc(value);
    }
  }

  /** A view in which some labels are fixed. */
  curry(labels: Readonly<Partial<Labels<N>>>): Counter<readonly string[]> {
    return new Counter<readonly string[]>(this, this as unknown as Counter<readonly string[]>, curried(this, labels));
  }
}

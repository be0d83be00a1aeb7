import { addByCall } from './calls';
import { crossing } from './errors';
import { flatLabels, type Labels } from './labels';
import { Metric, curried, notANumber, type ExemplarLabels, type ExemplarUpdate, type MetricConfig } from './metric';
import type { NativeChild, NativeFamily } from './native';

/** One series of a counter. */
export class CounterChild {
  /** @internal */
  constructor(
    private readonly array: Float64Array | null,
    private readonly index: number,
    private readonly native: NativeChild,
  ) {}

  /** Adds `value`, a number from 0 up. `exemplar` tells where it comes from. */
  inc(value = 1, exemplar?: ExemplarLabels): void {
    const array = this.array;
    if (array !== null && exemplar === undefined && typeof value === 'number' && value >= 0) {
      array[this.index] += value;
      return;
    }
    this.incByCall(value, exemplar);
  }

  private incByCall(value: unknown, exemplar: ExemplarLabels | undefined): void {
    if (typeof value !== 'number') {
      throw notANumber(value);
    }
    if (exemplar === undefined) {
      addByCall(this.native, value);
    } else {
      crossing(() => this.native.updateWithExemplar(value, flatLabels(exemplar)));
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
    const { array, index } = this.registry.cells.own(child, 1);
    return new CounterChild(array, index, child);
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

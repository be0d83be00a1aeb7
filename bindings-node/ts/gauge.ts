import { addByCall } from './calls';
import { isDetached, type Cells, type Place } from './cells';
import { crossing } from './errors';
import type { Labels } from './labels';
import { Metric, curried, notANumber, type MetricConfig } from './metric';
import { native } from './native';
import type { NativeChild, NativeFamily } from './native_module';
import { secondsSince, start } from './timer';

/** What a gauge is made with. */
export interface GaugeConfig<N extends readonly string[]> extends MetricConfig<N> {
  /**
   * `last` keeps the last value that was set, by whatever thread; `up_down` is only added to, each thread
   * for itself, and shows the sum.
   */
  mode?: 'last' | 'up_down';
}

/** How many isolates share the default registry: a cell that one alone writes may be added to in place. */
const isolates = native.NativeRegistry.isolates();
const ONE = new Uint32Array([1]);
const MANY = new Uint32Array([2]);

/** One series of a gauge. */
export class GaugeChild {
  private numbers: Float64Array;
  private index: number;

  /** @internal */
  constructor(
    private readonly cells: Cells,
    /** Whether the cell keeps the last value. */
    private readonly last: boolean,
    /** How many write to the cell. */
    private readonly writers: Uint32Array,
    private readonly native: NativeChild,
  ) {
    const { numbers, index } = this.place();
    this.numbers = numbers;
    this.index = index;
  }

  private place(): Place {
    return this.last ? this.cells.common(this.native) : this.cells.own(this.native, 1);
  }

  /** Looks for the cell again if it is elsewhere by now. */
  private attach(): void {
    if (isDetached(this.numbers)) {
      ({ numbers: this.numbers, index: this.index } = this.place());
    }
  }

  /** Adds `value`. */
  inc(value = 1): void {
    const { numbers, index } = this;
    if (index < numbers.length && typeof value === 'number' && this.writers[0] === 1) {
      numbers[index] += value;
      return;
    }
    this.addByCall(value, 1);
  }

  /** Takes `value` off. */
  dec(value = 1): void {
    const { numbers, index } = this;
    if (index < numbers.length && typeof value === 'number' && this.writers[0] === 1) {
      numbers[index] -= value;
      return;
    }
    this.addByCall(value, -1);
  }

  /** Sets the value; not on an up-down gauge. */
  set(value: number): void {
    const { numbers, index } = this;
    if (index < numbers.length && this.last && typeof value === 'number') {
      numbers[index] = value;
      return;
    }
    if (typeof value !== 'number') {
      throw notANumber(value);
    }
    this.attach();
    crossing(() => this.native.set(value));
  }

  /** Sets the value to the Unix time in seconds. */
  setToCurrentTime(): void {
    this.set(Date.now() / 1000);
  }

  /** Starts to measure time; the function that it gives sets the value to the seconds since then. */
  startTimer(): () => number {
    const began = start();
    return () => {
      const seconds = secondsSince(began);
      this.set(seconds);
      return seconds;
    };
  }

  private addByCall(value: unknown, sign: number): void {
    if (typeof value !== 'number') {
      throw notANumber(value);
    }
    this.attach();
    addByCall(this.native, sign * value);
  }

  /** The value, all threads together. */
  value(): number {
    return this.native.number;
  }
}

/** A number that goes up and down: a temperature, a queue's length, requests in flight. */
export class Gauge<const N extends readonly string[] = readonly []> extends Metric<N, GaugeChild> {
  declare private isLast: boolean;
  declare private writers: Uint32Array;

  constructor(config: GaugeConfig<N>);
  /** @internal */
  constructor(config: GaugeConfig<N>, parent?: Gauge<N>, family?: NativeFamily);
  constructor(config: GaugeConfig<N>, parent?: Gauge<N>, family?: NativeFamily) {
    super(config, 'gauge', { mode: config.mode }, parent, family);
  }

  /** How it counts. */
  get mode(): 'last' | 'up_down' {
    return this.isLast ? 'last' : 'up_down';
  }

  protected override prepare(config: GaugeConfig<N>): void {
    this.isLast = config.mode !== 'up_down';
    // An isolate is the only writer of its own cells.
    const shared = this.isLast && this.registry.isShared;
    this.writers = shared ? (isolates ?? MANY) : ONE;
  }

  protected override wrap(child: NativeChild): GaugeChild {
    return new GaugeChild(this.registry.cells, this.isLast, this.writers, child);
  }

  /** Adds 1, or `value`. */
  inc(value?: number): void;
  /** Adds to the child with these labels. */
  inc(labels: Labels<N>, value?: number): void;
  inc(first?: unknown, value?: number): void {
    if (typeof first === 'object' && first !== null) {
      this.byName(first as Readonly<Record<string, unknown>>).inc(value);
    } else {
      (this.single ?? this.only()).inc(first as number | undefined);
    }
  }

  /** Takes 1 off, or `value`. */
  dec(value?: number): void;
  /** Takes off the child with these labels. */
  dec(labels: Labels<N>, value?: number): void;
  dec(first?: unknown, value?: number): void {
    if (typeof first === 'object' && first !== null) {
      this.byName(first as Readonly<Record<string, unknown>>).dec(value);
    } else {
      (this.single ?? this.only()).dec(first as number | undefined);
    }
  }

  /** Sets the value. */
  set(value: number): void;
  /** Sets that of the child with these labels. */
  set(labels: Labels<N>, value: number): void;
  set(first: unknown, value?: number): void {
    if (typeof first === 'object' && first !== null) {
      this.byName(first as Readonly<Record<string, unknown>>).set(value as number);
    } else {
      (this.single ?? this.only()).set(first as number);
    }
  }

  /** Sets the value to the Unix time in seconds. */
  setToCurrentTime(labels?: Labels<N>): void {
    (labels === undefined ? this.only() : this.byName(labels)).setToCurrentTime();
  }

  /** Starts to measure time; the function that it gives, to which further labels may be told, ends it. */
  startTimer(labels?: Partial<Labels<N>>): (labels?: Partial<Labels<N>>) => number {
    const began = start();
    return (more) => {
      const seconds = secondsSince(began);
      const all = { ...labels, ...more };
      (this.single ?? this.byName(all)).set(seconds);
      return seconds;
    };
  }

  /** A view in which some labels are fixed. */
  curry(labels: Readonly<Partial<Labels<N>>>): Gauge<readonly string[]> {
    const config = { name: this.name, help: this.help, mode: this.mode };
    return new Gauge<readonly string[]>(config, this as unknown as Gauge<readonly string[]>, curried(this, labels));
  }
}

import { addByCall, setByCall } from './calls';
import { isDetached, type Cells, type Place } from './cells';
import type { Labels } from './labels';
import { Metric, curried, notANumber, type Aggregator, type MetricConfig } from './metric';
import { native } from './native';
import type { NativeChild, NativeFamily } from './native_module';
import { register, type Registry } from './registry';
import { secondsSince, start } from './timer';

/** What a gauge is made with. */
export interface GaugeConfig<N extends readonly string[]> extends MetricConfig<N> {
  /**
   * How it counts. `last`, the default, unless the registry is shared and there is an `aggregator`: then `omit`
   * and `average` are `liveall`, `first` is `livemostrecent`, and the others are `livesum`, `livemin` and `livemax`.
   */
  mode?: GaugeMode;
}

/**
 * `last` keeps the last value that was set, by whatever thread or process. `up_down` is only added to, each thread for
 * itself, and shows the sum; what a process had in flight when it ended is dropped.
 *
 * With the others each process has a value of its own in a registry that processes share: all of them are shown
 * with the label `pid`, or the least, the greatest, their sum or the one that was set last. Those that begin with
 * `live` leave out processes that have ended. In a registry that is not shared they are as `last`.
 */
export type GaugeMode =
  | 'last'
  | 'up_down'
  | 'all'
  | 'liveall'
  | 'min'
  | 'livemin'
  | 'max'
  | 'livemax'
  | 'sum'
  | 'livesum'
  | 'mostrecent'
  | 'livemostrecent';

/** The modes that make of processes what `AggregatorRegistry` makes of the answers of a cluster's workers. */
const MODES: Readonly<Record<Aggregator, GaugeMode>> = {
  sum: 'livesum',
  min: 'livemin',
  max: 'livemax',
  first: 'livemostrecent',
  average: 'liveall',
  omit: 'liveall',
};

function modeOf({ mode, aggregator, registers }: GaugeConfig<readonly string[]>): GaugeMode {
  const isShared = (registers?.[0] ?? register).isShared;
  return mode ?? (isShared && aggregator !== undefined ? MODES[aggregator] : undefined) ?? 'last';
}

/** How many isolates share the default registry: a cell that one alone writes may be added to in place. */
const isolates = native.NativeRegistry.isolates();
const ONE = new Uint32Array([1]);
const MANY = new Uint32Array([2]);

/** How many write to the one cell of a last value, as far as this thread can see. */
function writersOf(registry: Registry): Uint32Array {
  if (registry.isShared) {
    return MANY;
  }
  return registry.isOfAllThreads ? (isolates ?? MANY) : ONE;
}

/** One series of a gauge. */
export class GaugeChild {
  private numbers: Float64Array;
  private index: number;

  /** @internal */
  constructor(
    private readonly cells: Cells,
    /** Whether the cell, if JavaScript can reach it at all, keeps the last value. */
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
    setByCall(this.native, value);
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
  declare private ownMode: GaugeMode;
  declare private writers: Uint32Array;

  constructor(config: GaugeConfig<N>);
  /** @internal */
  constructor(config: GaugeConfig<N>, parent?: Gauge<N>, family?: NativeFamily);
  constructor(config: GaugeConfig<N>, parent?: Gauge<N>, family?: NativeFamily) {
    super(config, 'gauge', { mode: modeOf(config) }, parent, family);
  }

  /** How it counts. */
  get mode(): GaugeMode {
    return this.ownMode;
  }

  protected override prepare(config: GaugeConfig<N>): void {
    this.ownMode = modeOf(config);
    // An isolate is the only writer of its own cells.
    this.writers = this.ownMode === 'up_down' ? ONE : writersOf(this.registry);
  }

  protected override wrap(child: NativeChild): GaugeChild {
    return new GaugeChild(this.registry.cells, this.ownMode !== 'up_down', this.writers, child);
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

/** What the default metrics are made of: the classes of this package, or those of its drop-in. */

export interface DefaultGauge {
  set(labels: Record<string, string | number>, value: number): void;
  clear(): void;
}

export interface DefaultCounter {
  inc(labels: Record<string, string | number>, value: number): void;
}

export interface DefaultHistogram {
  observe(labels: Record<string, string | number>, value: number): void;
}

export interface DefaultConfig {
  name: string;
  help: string;
  labelNames?: readonly string[];
  registers?: readonly unknown[];
  aggregator?: 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';
  buckets?: readonly number[];
  collect?: () => void;
}

export interface Classes {
  Counter: new (config: DefaultConfig) => DefaultCounter;
  Gauge: new (config: DefaultConfig) => DefaultGauge;
  Histogram: new (config: DefaultConfig) => DefaultHistogram;
}

/** How the default metrics are collected. */
export interface Settings {
  /** What their names begin with. */
  prefix?: string;
  /** Labels that all of them get. */
  labels?: Record<string, string | number>;
  /** The bounds of `nodejs_gc_duration_seconds`. */
  gcDurationBuckets?: readonly number[];
  /** How often the delay of the event loop is sampled, in milliseconds; 10 by default. */
  eventLoopMonitoringPrecision?: number;
}

/** Makes metrics that have the prefix and the labels of the settings. */
export class Maker {
  readonly labels: Record<string, string | number>;

  constructor(
    private readonly classes: Classes,
    readonly settings: Settings,
    private readonly registers: readonly unknown[] | undefined,
  ) {
    this.labels = settings.labels ?? {};
  }

  counter(name: string, help: string, collect?: () => void): DefaultCounter {
    return new this.classes.Counter({ ...this.common(name, help), collect });
  }

  gauge(name: string, help: string, more: Partial<DefaultConfig> = {}): DefaultGauge {
    return new this.classes.Gauge({ ...this.common(name, help), ...this.withLabels(more) });
  }

  histogram(name: string, help: string, more: Partial<DefaultConfig>): DefaultHistogram {
    return new this.classes.Histogram({ ...this.common(name, help), ...this.withLabels(more) });
  }

  private common(name: string, help: string): DefaultConfig {
    const { prefix = '' } = this.settings;
    return { name: prefix + name, help, labelNames: Object.keys(this.labels), registers: this.registers };
  }

  /** A metric's own labels come before those of the settings. */
  private withLabels(more: Partial<DefaultConfig>): Partial<DefaultConfig> {
    const own = more.labelNames ?? [];
    return { ...more, labelNames: [...own, ...Object.keys(this.labels)] };
  }
}

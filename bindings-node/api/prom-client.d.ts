// Generated from bindings-node/ts by make generate: change it there.

import * as http from 'http';

declare type Aggregate = (metrics: readonly Aggregated[]) => Aggregated | undefined;

declare interface Aggregated {
    name: string;
    help: string;
    type: string;
    aggregator: string;
    values: Value[];
}

export declare type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

/** How the values of several processes become one: see `AggregatorRegistry`. */
declare type Aggregator_2 = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

/** A registry of all processes of a cluster. */
export declare class AggregatorRegistry<T extends string = string> extends Registry<T> {
    constructor(contentType?: T);
    /**
     * The metrics of all workers, aggregated; empty when there is no worker. When processes share `register`, it is the
     * page of that.
     */
    clusterMetrics(): Promise<string>;
    /** A registry with the metrics of several `getMetricsAsJSON`. */
    static aggregate(lists: readonly MetricObject[][], contentType?: string): Registry;
    /** Which registries a worker answers with. */
    static setRegistries(given: Registry | readonly Registry[]): void;
}

/** By the names that a metric's `aggregator` may have. */
export declare const aggregators: Readonly<Record<string, Aggregate>>;

/** The same for the metrics themselves, which look at the names when they run. */
declare type AnyLabels = Readonly<Record<string, string | number>>;

export declare function collectDefaultMetrics(config?: DefaultMetricsCollectorConfiguration | null): void;

export declare namespace collectDefaultMetrics {
    var metricsList: string[];
}

/** The content type of `register`, which may be set. */
export declare let contentType: string;

/** What a metric of the core is made with, of whatever type. */
declare interface CoreConfig {
    name: string;
    help: string;
    labelNames: readonly string[];
    /** The core's. Their type would bring all of it into the declarations. */
    registers: readonly any[];
    aggregator?: Aggregator;
}

export declare class Counter<T extends string = string> extends Metric<CounterChild, T> {
    readonly type = "counter";
    constructor(config: MetricConfiguration<T>);
    inc(labels: LabelValues<T>, value?: number): void;
    inc(value?: number): void;
    inc(data: IncreaseDataWithExemplar<T>): void;
    private add;
    labels(...values: (string | number)[]): Counter.Internal;
    labels(labels: LabelValues<T>): Counter.Internal;
    protected values({ shown: [labels], child, exemplars }: Entry<CounterChild>): Value_2[];
}

export declare namespace Counter {
    export interface Internal {
        inc(value?: number): void;
    }
}

/** One series of a counter. */
declare class CounterChild {
    private readonly cells;
    private readonly native;
    private numbers;
    private halves;
    private low;
    /** Looks for the cells again if they are elsewhere by now. */
    private attach;
    /** Adds `value`, a number from 0 up. `exemplar` tells where it comes from. */
    inc(value?: number, exemplar?: ExemplarLabels): void;
    private incRare;
    /** The value, all threads together. */
    value(): number;
}

export declare interface DefaultMetricsCollectorConfiguration extends Settings {
    register?: Registry;
}

declare type EndTimer<T extends string> = (labels?: LabelValues<T>) => number;

/** One series: its labels as they were given first, and its handle. */
declare interface Entry<C> {
    readonly labels: AnyLabels;
    readonly child: C;
    /** The labels of each of its values: the same objects every time, so that their text can be kept. */
    readonly shown: readonly AnyLabels[];
    /** By bucket, or under 0. */
    exemplars?: Map<number, Exemplar>;
}

/** An update that stands for others. */
declare interface Exemplar {
    labelSet: AnyLabels;
    value: number;
    timestamp: number;
}

/** An update that stands for others. */
declare interface Exemplar_2 {
    labelSet: Record<string, string>;
    value: number;
    timestamp?: number;
}

/** Labels that tell where an update comes from, for instance `trace_id`. */
declare type ExemplarLabels = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

export declare function exponentialBuckets(start: number, factor: number, count: number): number[];

export declare class Gauge<T extends string = string> extends Metric<GaugeChild, T> {
    readonly type = "gauge";
    constructor(config: MetricConfiguration<T>);
    set(labels: LabelValues<T>, value: number): void;
    set(value: number): void;
    inc(labels: LabelValues<T>, value?: number): void;
    inc(value?: number): void;
    dec(labels: LabelValues<T>, value?: number): void;
    dec(value?: number): void;
    private add;
    setToCurrentTime(labels?: LabelValues<T>): void;
    startTimer(labels?: LabelValues<T>): EndTimer<T>;
    labels(...values: (string | number)[]): Gauge.Internal<T>;
    labels(labels: LabelValues<T>): Gauge.Internal<T>;
    protected values({ shown: [labels], child }: Entry<GaugeChild>): Value_2[];
}

export declare namespace Gauge {
    export interface Internal<T extends string> {
        inc(value?: number): void;
        dec(value?: number): void;
        set(value: number): void;
        setToCurrentTime(): void;
        startTimer(): EndTimer<T>;
    }
}

/** One series of a gauge. */
declare class GaugeChild {
    private readonly cells;
    /** Whether the cell, if JavaScript can reach it at all, keeps the last value. */
    private readonly last;
    /** How many write to the cell. */
    private readonly writers;
    private readonly native;
    private numbers;
    private index;
    private place;
    /** Looks for the cell again if it is elsewhere by now. */
    private attach;
    /** Adds `value`. */
    inc(value?: number): void;
    /** Takes `value` off. */
    dec(value?: number): void;
    /** Sets the value; not on an up-down gauge. */
    set(value: number): void;
    /** Sets the value to the Unix time in seconds. */
    setToCurrentTime(): void;
    /** Starts to measure time; the function that it gives sets the value to the seconds since then. */
    startTimer(): () => number;
    private addByCall;
    /** The value, all threads together. */
    value(): number;
}

export declare class Histogram<T extends string = string> extends Metric<HistogramChild, T> {
    readonly type = "histogram";
    protected readonly defaultsFirst = true;
    readonly buckets: readonly number[];
    readonly upperBounds: readonly number[];
    constructor(config: HistogramConfiguration<T>);
    protected labelsShown(labels: AnyLabels): AnyLabels[];
    observe(value: number): void;
    observe(labels: LabelValues<T>, value: number): void;
    observe(data: ObserveDataWithExemplar<T>): void;
    private count;
    /** Without labels, too, it has no values until the next observation. */
    reset(): void;
    zero(labels: LabelValues<T>): void;
    startTimer(labels?: LabelValues<T>, exemplarLabels?: AnyLabels): (more?: LabelValues<T>, later?: AnyLabels) => number;
    labels(...values: (string | number)[]): Histogram.Internal<T>;
    labels(labels: LabelValues<T>): Histogram.Internal<T>;
    protected values({ shown, child, exemplars }: Entry<HistogramChild>): Value_2[];
}

export declare namespace Histogram {
    export interface Internal<T extends string> {
        observe(value: number): void;
        startTimer(): (labels?: LabelValues<T>) => number;
    }
}

/** One series of a histogram. */
declare class HistogramChild {
    private readonly cells;
    private readonly buckets;
    private readonly native;
    private numbers;
    private index;
    private sum;
    private place;
    /** Looks for the cells again if they are elsewhere by now. */
    private attach;
    /** Counts one observation; NaN is in no bucket, and dropped. `exemplar` tells where it comes from. */
    observe(value: number, exemplar?: ExemplarLabels): void;
    private observeRare;
    /** Starts to measure time; the function that it gives observes the seconds since then. */
    startTimer(exemplar?: ExemplarLabels): (exemplar?: ExemplarLabels) => number;
    /** The numbers, all threads together. */
    value(): HistogramValue;
}

export declare interface HistogramConfiguration<T extends string = string> extends MetricConfiguration<T> {
    buckets?: readonly number[];
}

/** The numbers of one series. */
declare interface HistogramValue {
    /** The count of each bucket alone (not cumulative), the bucket to infinity last. */
    counts: number[];
    sum: number;
    native?: NativeBuckets | null;
}

export declare interface IncreaseDataWithExemplar<T extends string> {
    labels?: LabelValues<T>;
    value?: number;
    exemplarLabels?: Readonly<Record<string, string | number>>;
}

/** The label values of a metric by name. */
declare type Labels<N extends readonly string[]> = N['length'] extends 0 ? Readonly<Record<string, never>> : {
    readonly [name in N[number]]: LabelValue;
};

/** The label values of a metric by place. */
declare type LabelTuple<N extends readonly string[]> = {
    [place in keyof N]: LabelValue;
};

/** What a label's value may be: it is shown as `String()` shows it. */
declare type LabelValue = string | number | boolean | bigint;

/** Labels as prom-client takes them: any part of a metric's label names, by name or all by place. */
export declare type LabelValues<T extends string = string> = Readonly<Partial<Record<T, string | number>>>;

export declare function linearBuckets(start: number, width: number, count: number): number[];

declare abstract class Metric<C, T extends string = string> {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly string[];
    readonly registers: readonly Registry<any>[];
    readonly aggregator: Aggregator;
    readonly enableExemplars: boolean;
    /** Whether a registry's default labels stand before its own. */
    protected readonly defaultsFirst: boolean;
    abstract readonly type: string;
    collect?: () => void | Promise<void>;
    protected readonly core: Metric_2<readonly string[], C>;
    /** By the text of their label values, in the order in which they show. */
    protected entries: Map<string, Entry<C>>;
    private readonly table;
    /** `prepare` is called when the core's metric is there, and no series yet. */
    protected constructor(config: MetricConfiguration, makeCore: (config: CoreConfig, isShared: boolean) => Metric_2<readonly string[], C>, prepare?: (metric: object) => void);
    /** The entry of these labels; made when it is new. */
    protected entry(labels: AnyLabels): Entry<C>;
    private newEntry;
    /** A label that is not given is one that is empty, for Prometheus. */
    private valuesOf;
    private make;
    /** Makes a series anew, in the place where it shows. */
    protected renew(labels: AnyLabels): void;
    /** The labels of each value of a series. */
    protected labelsShown(labels: AnyLabels): AnyLabels[];
    /** The labels of a call of `labels`. */
    protected bound(given: readonly unknown[]): AnyLabels;
    /** Shows a metric without labels from the start. */
    protected start(): void;
    /** Forgets all series. */
    reset(): void;
    protected forget(): void;
    clear(): void;
    remove(...values: string[]): void;
    remove(labels: LabelValues<T>): void;
    get(): Promise<MetricObject>;
    /** What a page shows of it; nothing where a program has given it another `get`, which is to be asked then. */
    shown(): Promise<Shown> | undefined;
    private collected;
    /** The values of each of the first series. */
    private series;
    protected abstract values(entry: Entry<C>): Value_2[];
}

/** The family and its children. `C` are the handles to series. */
declare abstract class Metric_2<N extends readonly string[], C> {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly labelNames: N;
    readonly aggregator: Aggregator_2;
    /** Called before every collection, if there is one. */
    collect?: () => void | Promise<void>;
    private readonly table;
    /** The child with these label values: all by place, or one object with all by name. */
    labels(...values: LabelTuple<N>): C;
    labels(labels: Labels<N>): C;
    /** The values of labels by name, in the order of the names. */
    private inOrder;
    /** Looks a child up in the core, or makes it. */
    private make;
    /** Removes the series with these label values, by place or by name; whether it was there. */
    remove(...values: LabelTuple<N>): boolean;
    remove(labels: Labels<N>): boolean;
    /** Removes all series that have these labels among their own; how many there were. */
    removeMatching(labels: Readonly<Partial<Labels<N>>>): number;
    /** Removes all series; a metric without labels is set to zero. */
    clear(): void;
    /** Sets all series to zero, without removing them. */
    reset(): void;
    /** The metric with its numbers now. */
    get(): Promise<MetricObject_2>;
}

declare interface MetricConfiguration<T extends string = string> {
    name: string;
    help: string;
    labelNames?: readonly T[];
    registers?: readonly Registry<any>[];
    aggregator?: Aggregator;
    collect?: (this: any) => void | Promise<void>;
    enableExemplars?: boolean;
}
export { MetricConfiguration as CounterConfiguration }
export { MetricConfiguration as GaugeConfiguration }
export { MetricConfiguration }

export declare interface MetricObject {
    help: string;
    name: string;
    type: string;
    values: Value_2[];
    aggregator: Aggregator;
}

/** A metric and its numbers, as `getMetricsAsJSON` gives them. */
declare interface MetricObject_2 {
    name: string;
    help: string;
    type: string;
    aggregator: Aggregator_2;
    values: MetricValue[];
}

/** The core's JSON in the shape of `getMetricsAsJSON`. */
/** One number. `metricName` says of which sample, where it is not the metric's own name. */
declare interface MetricValue {
    labels: Record<string, string | number>;
    value: number;
    metricName?: string;
    exemplar?: Exemplar_2 | null;
}

/** What the native module offers, be it one for Node or WebAssembly. */
declare interface NativeBuckets {
    schema: number;
    zeroThreshold: number;
    zeroCount: number;
    /** Indices and counts in turn. */
    positive: number[];
    negative: number[];
}

export declare interface ObserveDataWithExemplar<T extends string> {
    labels?: LabelValues<T>;
    value: number;
    exemplarLabels?: AnyLabels;
}

export declare const openMetricsContentType: string;

export declare const prometheusContentType: string;

/** The answer of a gateway. */
declare interface PushAnswer {
    resp: http.IncomingMessage;
    body: string;
}

/** What is pushed: a registry. */
declare interface Pushed {
    metrics(): Promise<string>;
}

export declare class Pushgateway extends Pushgateway_2 {
    constructor(url: string, options?: PushgatewayOptions | null, registry?: Registry);
}

/** Pushes metrics of jobs that end before anybody scrapes them. */
declare class Pushgateway_2 {
    private readonly url;
    private readonly registry;
    private readonly requireJobName;
    private readonly options;
    constructor(url: string, options: PushgatewayOptions | undefined | null, registry: Pushed);
    /** Replaces the metrics of the same names in the group. */
    pushAdd(parameters?: PushParameters): Promise<PushAnswer>;
    /** Replaces the whole group. */
    push(parameters?: PushParameters): Promise<PushAnswer>;
    /** Removes the group. */
    delete(parameters?: PushParameters): Promise<PushAnswer>;
    private send;
    private exchange;
}

/** What goes to `http.request`, and whether a push needs a job's name: it does by default. */
declare interface PushgatewayOptions extends http.RequestOptions {
    requireJobName?: boolean;
}

/** Which group of metrics it is. */
declare interface PushParameters {
    jobName?: string;
    /** Further labels of the group. */
    groupings?: Readonly<Record<string, string>>;
}

export declare const register: Registry;

export declare class Registry<T extends string = string> {
    static get PROMETHEUS_CONTENT_TYPE(): string;
    static get OPENMETRICS_CONTENT_TYPE(): string;
    /** `register`. */
    static globalRegistry: Registry;
    private readonly metricsByName;
    constructor(contentType?: T);
    getMetricsAsArray(): Source[];
    getMetricsAsString(source: Source): Promise<string>;
    /** The page of all metrics. Its series are read one after another, and the event loop goes on meanwhile. */
    metrics(): Promise<string>;
    registerMetric(metric: Source): void;
    clear(): void;
    getMetricsAsJSON(): Promise<Partial<MetricObject>[]>;
    removeSingleMetric(name: string): void;
    getSingleMetricAsString(name: string): Promise<string>;
    getSingleMetric(name: string): Source | undefined;
    setDefaultLabels(labels: AnyLabels): void;
    resetMetrics(): void;
    get contentType(): T;
    setContentType(contentType: T): void;
    static merge(registers: readonly Registry<any>[]): Registry;
}

/** How the default metrics are collected. */
declare interface Settings {
    /** What their names begin with. */
    prefix?: string;
    /** Labels that all of them get. */
    labels?: Record<string, string | number>;
    /** The bounds of `nodejs_gc_duration_seconds`. */
    gcDurationBuckets?: readonly number[];
    /** How often the delay of the event loop is sampled, in milliseconds; 10 by default. */
    eventLoopMonitoringPrecision?: number;
}

/** A metric that a page shows. */
declare interface Shown {
    readonly name?: string;
    readonly help?: string;
    readonly type?: string;
    /** The values of each series, which are read when their turn comes. */
    readonly series: Iterable<readonly Value_2[]>;
    /** Whether default labels stand before a series' own, as they do for histograms. */
    readonly defaultsFirst?: boolean;
    /** Whether the objects of its labels never change, so that their text may be kept. */
    readonly keepsLabels?: boolean;
}

/** Whatever gives values: a metric of this package, or any object with `get`. */
declare interface Source {
    name?: string;
    type?: string;
    get(): Promise<Partial<MetricObject>> | Partial<MetricObject>;
    reset?(): void;
    collect?(): void | Promise<void>;
    /** Whether its numbers are in the registry that processes share. */
    readonly isShared?: boolean;
    /** What a page shows, in place of `get`. */
    shown?(): Promise<Shown> | undefined;
}

/**
 * Counts and sums are the core's; quantiles are those of the library that prom-client uses, to the digit, but for a
 * registry that processes share, whose quantiles are the core's.
 */
export declare class Summary<T extends string = string> extends Metric<SummaryChild, T> {
    readonly type = "summary";
    readonly percentiles: readonly number[];
    readonly maxAgeSeconds?: number;
    readonly ageBuckets?: number;
    readonly pruneAgedBuckets: boolean;
    readonly compressCount: number;
    /** Not one object for all: `Metric` asks for it before the fields are there. */
    private readonly quantiles;
    constructor(config: SummaryConfiguration<T>);
    observe(value: number): void;
    observe(labels: LabelValues<T>, value: number): void;
    private count;
    private quantilesOf;
    /** Sets all series to zero, and keeps them. */
    reset(): void;
    startTimer(labels?: LabelValues<T>): (more?: LabelValues<T>) => number;
    labels(...values: (string | number)[]): Summary.Internal<T>;
    labels(labels: LabelValues<T>): Summary.Internal<T>;
    protected values({ labels, child }: Entry<SummaryChild>): Value_2[];
    private allValues;
}

export declare namespace Summary {
    export interface Internal<T extends string> {
        observe(value: number): void;
        startTimer(): (labels?: LabelValues<T>) => number;
    }
}

/** One series of a summary. */
declare class SummaryChild {
    private readonly cells;
    private readonly native;
    private numbers;
    private index;
    /** Looks for the cells again if they are elsewhere by now. */
    private attach;
    /** Counts one observation; NaN has no rank, and is dropped. */
    observe(value: number): void;
    private observeRare;
    /** Starts to measure time; the function that it gives observes the seconds since then. */
    startTimer(): () => number;
    /** The numbers, all threads together. */
    value(): SummaryValue;
}

export declare interface SummaryConfiguration<T extends string = string> extends MetricConfiguration<T> {
    percentiles?: readonly number[];
    maxAgeSeconds?: number;
    ageBuckets?: number;
    pruneAgedBuckets?: boolean;
    compressCount?: number;
}

/** The numbers of one series. */
declare interface SummaryValue {
    /** The value of each quantile; NaN when nothing was observed within the window. */
    quantiles: number[];
    sum: number;
    count: number;
}

export declare function validateMetricName(name: string): boolean;

/** How the metrics of several processes become one. */
declare interface Value {
    labels: Record<string, string | number>;
    value: number;
    metricName?: string;
}

declare interface Value_2 {
    labels: Readonly<Record<string, string | number>>;
    value: number;
    metricName?: string;
    exemplar?: Exemplar | null;
}

export { }

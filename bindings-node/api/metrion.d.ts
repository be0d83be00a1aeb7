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

/** How the values of several processes become one: see `AggregatorRegistry`. */
export declare type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

/**
 * A registry that asks the workers of a cluster. Make one in the primary and in each worker. When it is shared, or
 * the registry that it would ask for is, nobody needs to be asked.
 */
export declare class AggregatorRegistry extends Registry {
    constructor(config?: RegistryConfig | ContentType);
    /**
     * The metrics of all workers, aggregated as each metric's `aggregator` says; empty without workers. Those of a shared
     * registry are its page, whoever is there.
     */
    clusterMetrics(): Promise<string>;
    /** A registry with the metrics of several `getMetricsAsJSON`. */
    static aggregate(lists: readonly (readonly MetricObject[])[], contentType?: ContentType): Registry;
    /** Which registries a worker answers with: `register` by default. */
    static setRegistries(given: Registry | readonly Registry[]): void;
}

/** By the names that a metric's `aggregator` may have. */
export declare const aggregators: Readonly<Record<string, Aggregate>>;

/** A metric of whatever kind. */
export declare type AnyMetric = Metric<any, any>;

/** Bytes, as this platform's programs expect them. */
declare type Bytes = Buffer;

/**
 * Collects metrics of the process, the heap, garbage collection, the event loop, handles and the version. Those of a
 * shared registry are of the process that answers the scrape, and have its `pid` as a label.
 */
export declare function collectDefaultMetrics(config?: DefaultMetricsConfig): void;

/** Gives families at every collection. */
export declare interface Collector {
    /** What it will give, so that clashes of names are found when it is registered. */
    describe?(): readonly Family[];
    collect(): readonly Family[] | Promise<readonly Family[]>;
}

/** The formats of `metrics()`. */
export declare type ContentType = typeof PROMETHEUS_CONTENT_TYPE | typeof OPENMETRICS_CONTENT_TYPE;

/** A number that only goes up: requests, errors, bytes. */
export declare class Counter<const N extends readonly string[] = readonly []> extends Metric<N, CounterChild> {
    constructor(config: MetricConfig<N>);
    protected wrap(child: NativeChild): CounterChild;
    /** Adds 1, or `value`, a number from 0 up. */
    inc(value?: number): void;
    /** Adds to the child with these labels. */
    inc(labels: Labels<N>, value?: number): void;
    /** The same with an exemplar, where they are enabled. */
    inc(update: ExemplarUpdate<N>): void;
    /** A view in which some labels are fixed. */
    curry(labels: Readonly<Partial<Labels<N>>>): Counter<readonly string[]>;
}

/** One series of a counter. */
export declare class CounterChild {
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

/** Where and how the default metrics are collected. */
export declare interface DefaultMetricsConfig extends Settings {
    /** Where they show: `register` by default. */
    register?: Registry;
}

/** In which way a registry is encoded. */
export declare interface EncodeOptions {
    format?: 'text' | 'openmetrics' | 'protobuf' | 'json';
    /** Only metrics with one of these names or with a sample of one; none is all. */
    names?: readonly string[];
    /** Whether `_created` samples are written. */
    created?: boolean;
    /** How names are written that are not classic. */
    escaping?: 'allow-utf-8' | 'underscores' | 'dots' | 'values';
}

/** The one place where an error of the native module becomes one of this package. */
/** Stable codes, the same in every language that Metrion is bound to. */
export declare type ErrorCode = 'metric_exists' | 'label_mismatch' | 'invalid_label_value' | 'invalid_name' | 'reserved_name' | 'invalid_value' | 'invalid_buckets' | 'invalid_objectives' | 'invalid_exemplar' | 'parse_error' | 'limit_reached' | 'not_found' | 'unsupported' | 'address_in_use' | 'damaged' | 'other_version' | 'io';

/** An update that stands for others. */
export declare interface Exemplar {
    labelSet: Record<string, string>;
    value: number;
    timestamp?: number;
}

/** Labels that tell where an update comes from, for instance `trace_id`. */
export declare type ExemplarLabels = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** An update by one object, where exemplars are enabled. */
export declare interface ExemplarUpdate<N extends readonly string[]> {
    labels?: Labels<N>;
    value?: number;
    exemplarLabels?: ExemplarLabels;
}

/** `count` bounds from `start`, each `factor` times the one before; start above 0, factor above 1. */
export declare function exponentialBuckets(start: number, factor: number, count: number): number[];

/** A family as an exposition shows it. */
export declare interface Family {
    /** The name, a counter's without `_total`. */
    name: string;
    type: 'counter' | 'gauge' | 'histogram' | 'gaugehistogram' | 'summary' | 'info' | 'stateset' | 'unknown';
    help?: string;
    unit?: string;
    samples: readonly Sample[];
}

declare interface FamilyInit {
    kind: string;
    name: string;
    help: string;
    namespace?: string;
    subsystem?: string;
    unit?: string;
    labelNames?: string[];
    constantLabels?: string[];
    maxSeries?: number;
    expireAfter?: number;
    mode?: string;
    buckets?: number[];
    native?: object;
    objectives?: number[];
    maxAgeSeconds?: number;
    ageBuckets?: number;
    states?: string[];
}

/** A number that goes up and down: a temperature, a queue's length, requests in flight. */
export declare class Gauge<const N extends readonly string[] = readonly []> extends Metric<N, GaugeChild> {
    private ownMode;
    private writers;
    constructor(config: GaugeConfig<N>);
    /** How it counts. */
    get mode(): GaugeMode;
    protected prepare(config: GaugeConfig<N>): void;
    protected wrap(child: NativeChild): GaugeChild;
    /** Adds 1, or `value`. */
    inc(value?: number): void;
    /** Adds to the child with these labels. */
    inc(labels: Labels<N>, value?: number): void;
    /** Takes 1 off, or `value`. */
    dec(value?: number): void;
    /** Takes off the child with these labels. */
    dec(labels: Labels<N>, value?: number): void;
    /** Sets the value. */
    set(value: number): void;
    /** Sets that of the child with these labels. */
    set(labels: Labels<N>, value: number): void;
    /** Sets the value to the Unix time in seconds. */
    setToCurrentTime(labels?: Labels<N>): void;
    /** Starts to measure time; the function that it gives, to which further labels may be told, ends it. */
    startTimer(labels?: Partial<Labels<N>>): (labels?: Partial<Labels<N>>) => number;
    /** A view in which some labels are fixed. */
    curry(labels: Readonly<Partial<Labels<N>>>): Gauge<readonly string[]>;
}

/** One series of a gauge. */
export declare class GaugeChild {
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

/** What a gauge is made with. */
export declare interface GaugeConfig<N extends readonly string[]> extends MetricConfig<N> {
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
export declare type GaugeMode = 'last' | 'up_down' | 'all' | 'liveall' | 'min' | 'livemin' | 'max' | 'livemax' | 'sum' | 'livesum' | 'mostrecent' | 'livemostrecent';

/** Counts of observations by upper bound, and their sum. */
export declare class Histogram<const N extends readonly string[] = readonly []> extends Metric<N, HistogramChild> {
    private buckets;
    constructor(config: HistogramConfig<N>);
    /** The finite upper bounds. */
    get upperBounds(): number[];
    protected prepare(): void;
    protected wrap(child: NativeChild): HistogramChild;
    /** Counts one observation. */
    observe(value: number): void;
    /** Counts it in the child with these labels. */
    observe(labels: Labels<N>, value: number): void;
    /** The same with an exemplar, where they are enabled. */
    observe(update: ExemplarUpdate<N>): void;
    /** Starts to measure time; the function that it gives, to which further labels may be told, ends it. */
    startTimer(labels?: Partial<Labels<N>>, exemplar?: ExemplarLabels): (labels?: Partial<Labels<N>>, exemplar?: ExemplarLabels) => number;
    /** Shows the child with these labels from now on, at zero. */
    zero(labels: Labels<N>): void;
    /** A view in which some labels are fixed. */
    curry(labels: Readonly<Partial<Labels<N>>>): Histogram<readonly string[]>;
}

/** One series of a histogram. */
export declare class HistogramChild {
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

/** What a histogram is made with. */
export declare interface HistogramConfig<N extends readonly string[]> extends MetricConfig<N> {
    /** The upper bounds, increasing; infinity is added. Those of Prometheus' Go client by default. */
    buckets?: readonly number[];
    /** Native buckets, beside `buckets`, or alone when that list is empty: a factor, or options. */
    native?: number | NativeHistogramOptions;
}

/** The numbers of one series. */
export declare interface HistogramValue {
    /** The count of each bucket alone (not cumulative), the bucket to infinity last. */
    counts: number[];
    sum: number;
    native?: NativeBuckets | null;
}

/** Text that describes the program, as labels with the value 1. */
export declare class Info<const N extends readonly string[] = readonly []> extends Metric<N, InfoChild> {
    constructor(config: MetricConfig<N>);
    protected wrap(child: NativeChild): InfoChild;
    /** Says these labels from now on, instead of what it said before. */
    info(labels: Texts): void;
    /** A view in which some labels are fixed. */
    curry(labels: Readonly<Partial<Labels<N>>>): Info<readonly string[]>;
}

/** One series of an info. */
export declare class InfoChild {
    private readonly native;
    /** Says these labels from now on, instead of what it said before. */
    info(labels: Texts): void;
    /** What it says. */
    value(): Record<string, string>;
}

/** The label values of a metric by name. */
export declare type Labels<N extends readonly string[]> = N['length'] extends 0 ? Readonly<Record<string, never>> : {
    readonly [name in N[number]]: LabelValue;
};

/** The label values of a metric by place. */
export declare type LabelTuple<N extends readonly string[]> = {
    [place in keyof N]: LabelValue;
};

/** What a label's value may be: it is shown as `String()` shows it. */
export declare type LabelValue = string | number | boolean | bigint;

/** Bounds of histograms by rule. */
/** `count` bounds from `start`, each `width` above the one before. */
export declare function linearBuckets(start: number, width: number, count: number): number[];

/** The family and its children. `C` are the handles to series. */
export declare abstract class Metric<N extends readonly string[], C> {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly labelNames: N;
    readonly aggregator: Aggregator;
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
    get(): Promise<MetricObject>;
}

/** What every metric is made with. */
export declare interface MetricConfig<N extends readonly string[]> {
    /** The name. A counter's sample ends with `_total`, whether the name does or not. */
    name: string;
    /** One sentence for people. */
    help: string;
    /** The names of the labels that tell the series apart. */
    labelNames?: N;
    /** Where it shows: `register` by default; nowhere when the list is empty. */
    registers?: readonly Registry[];
    /** How `AggregatorRegistry` adds it up: `sum` by default. */
    aggregator?: Aggregator;
    /** Called before every collection, to bring the metric up to date. */
    collect?: (this: any) => void | Promise<void>;
    /** What the name begins with, before an underscore. */
    namespace?: string;
    /** What follows the namespace. */
    subsystem?: string;
    /** The base unit, for instance `seconds`; the name gets it as its end. */
    unit?: string;
    /** Labels with one value for the whole metric. */
    constantLabels?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
    /** At most that many series; further ones count in one overflow series. */
    maxSeries?: number;
    /** Series that did not move for that many seconds are left out. */
    expireAfterSeconds?: number;
    /** Whether `inc` and `observe` take `{ labels, value, exemplarLabels }`. */
    enableExemplars?: boolean;
}

/** A metric and its numbers, as `getMetricsAsJSON` gives them. */
export declare interface MetricObject {
    name: string;
    help: string;
    type: string;
    aggregator: Aggregator;
    values: MetricValue[];
}

/** The core's JSON in the shape of `getMetricsAsJSON`. */
/** One number. `metricName` says of which sample, where it is not the metric's own name. */
export declare interface MetricValue {
    labels: Record<string, string | number>;
    value: number;
    metricName?: string;
    exemplar?: Exemplar | null;
}

/** Every error of this package. `code` says what was wrong, and stays the same when messages change. */
export declare class MetrionError extends Error {
    readonly code: ErrorCode;
    constructor(code: ErrorCode, message: string, options?: ErrorOptions);
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

declare interface NativeChild {
    readonly cell: number;
    readonly isOverflow: boolean;
    /** A counter's or gauge's value. */
    readonly number: number;
    /** The number that `add`, `set` and `observe` of the module take. */
    callNumber(): number;
    /** The same, once it was asked for. */
    known?: number;
    updateWithExemplar(value: number, labels: string[]): void;
    setInfo(labels: string[]): void;
    setState(state: string): void;
    read(): Reading;
}

declare interface NativeClock {
    advance(seconds: number): void;
}

declare interface NativeCollector {
    set(families: SampleFamily[]): void;
}

declare interface NativeFamily {
    readonly name: string;
    readonly openLabels: string[];
    readonly bounds: number[];
    readonly quantiles: number[];
    generation(): Uint32Array | null;
    child(values: string[]): NativeChild;
    checkLabels(labels: string[]): void;
    curry(labels: string[]): NativeFamily;
    remove(values: string[]): boolean;
    removeMatching(labels: string[]): number;
    clear(): void;
    reset(): void;
    json(): string;
}

/** How a histogram counts in native (exponential) buckets; names and meanings as in Prometheus' Go client. */
export declare interface NativeHistogramOptions {
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

declare interface NativeRegistry {
    /** Whether other processes may have it, too. */
    readonly isShared: boolean;
    /** Says that this process shows it; gives a warning when another one does so, too. Where there are servers. */
    announceExporter?(): string | null;
    cells(first: number, count: number): Float64Array | null;
    commonCells(first: number, count: number): Float64Array | null;
    family(init: FamilyInit): NativeFamily;
    unregister(family: NativeFamily): void;
    register(collector: NativeCollector): Registration;
    unregisterCollector(registration: Registration): void;
}

export declare const OPENMETRICS_CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** A registry in one format. */
export declare interface Page {
    body: Bytes;
    contentType: string;
    contentEncoding: string | null;
    /** Why metrics were left out, as codes. */
    leftOut: string[];
}

/** What an HTTP request says of the answer that it wants. */
export declare interface PageRequest {
    accept?: string;
    acceptEncoding?: string;
    /** What is behind the `?`: `name[]` limits the metrics. */
    query?: string;
}

export declare const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The answer of a gateway. */
export declare interface PushAnswer {
    resp: http.IncomingMessage;
    body: string;
}

/** What is pushed: a registry. */
declare interface Pushed {
    metrics(): Promise<string>;
}

/** Pushes the metrics of a registry, `register` by default. */
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
export declare interface PushgatewayOptions extends http.RequestOptions {
    requireJobName?: boolean;
}

/** Which group of metrics it is. */
export declare interface PushParameters {
    jobName?: string;
    /** Further labels of the group. */
    groupings?: Readonly<Record<string, string>>;
}

declare interface Reading {
    numbers: Float64Array;
    texts: string[];
    states: string[];
    native?: NativeBuckets | null;
}

/**
 * The registry of the process, which all of its threads share; so do all processes for which the environment variable
 * `METRION_SHARED` has the path of the same file.
 */
export declare const register: Registry;

/** Which collector it is. */
declare interface Registration {
    readonly registration?: never;
}

/** A set of metrics that are exposed together. */
export declare class Registry {
    static readonly PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    static readonly OPENMETRICS_CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    /** Whether other processes may have it, too. */
    readonly isShared: boolean;
    private readonly metricsByName;
    private readonly collectors;
    private defaultLabels;
    private type;
    /** What `metrics()` reads; made anew when the list of metrics changes. */
    private scrape;
    constructor(config?: RegistryConfig | ContentType, ofAllThreads?: NativeRegistry);
    /** All metrics in the registry's format, made on the worker pool. */
    metrics(): Promise<string>;
    /** The same as bytes: what a server needs. */
    metricsBuffer(): Promise<Bytes>;
    /** All metrics in any format. */
    encode(options?: EncodeOptions): Promise<Page>;
    /** The answer to a scrape over HTTP: format and compression follow from the request. */
    page(request?: PageRequest): Promise<Page>;
    /** All metrics as objects. */
    getMetricsAsJSON(): Promise<MetricObject[]>;
    /** The metrics of this isolate. */
    getMetricsAsArray(): AnyMetric[];
    getSingleMetric(name: string): AnyMetric | undefined;
    /** One metric in the registry's format; empty when there is none of that name. */
    getSingleMetricAsString(name: string): Promise<string>;
    /** Shows a metric of another registry here, too. One's own are here already. */
    registerMetric(metric: AnyMetric): void;
    /** Takes a metric out: it shows no more, and its name is free. */
    unregister(metric: AnyMetric): void;
    /** The same by name; it is no error when there is none. */
    removeSingleMetric(name: string): void;
    /** Takes all metrics of this isolate out, and forgets the default labels. */
    clear(): void;
    private unregisterIfThere;
    /** Sets all metrics to zero. */
    resetMetrics(): void;
    /** Labels of every series that has none of their names. */
    setDefaultLabels(labels: Readonly<Record<string, LabelValue>>): void;
    /** Adds an object that gives families at every collection. */
    registerCollector(collector: Collector): void;
    /** Takes it out. */
    unregisterCollector(collector: Collector): void;
    get contentType(): ContentType;
    /** What `metrics()` gives from now on. */
    setContentType(contentType: ContentType): void;
    /** A registry with the metrics of several. */
    static merge(registries: readonly Registry[]): Registry;
    /** Brings everything up to date and encodes it. */
    private run;
    private collect;
    private whole;
}

/** What a registry is made with. */
export declare interface RegistryConfig {
    /** What `metrics()` gives: the Prometheus text format by default. */
    contentType?: ContentType;
    /** Labels that every metric gets. */
    constantLabels?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
    /** Whether metric and label names may be any text that is not empty. */
    utf8Names?: boolean;
    /** How many metrics, series and parts of series there is room for; 262,144 by default, in a browser 4,096. */
    maxEntries?: number;
    /** Whether it tells of itself: series, bytes, dropped updates. */
    selfMetrics?: boolean;
    /**
     * The path of a file, best in `/dev/shm`, in which any number of processes share the registry, in whatever language:
     * each of them answers a scrape for all. It is made when it is not there. Linux on 64 bits only.
     */
    shared?: string;
    /** Whether a file there that is damaged, or of another version, is given another name (`.damaged-1`). */
    moveDamagedAside?: boolean;
    /** The time, for tests. */
    clock?: NativeClock;
}

/** One line of an exposition. */
export declare interface Sample {
    /** Its own name: `x_bucket` where the family is `x`. */
    name: string;
    /** All labels, `le` and the like included. */
    labels?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
    /** The number; buckets are cumulative. */
    value: number;
    /** Of when it is, in Unix seconds. */
    timestamp?: number;
    exemplar?: {
        labels: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
        value: number;
        timestamp?: number;
    };
    /** The buckets of a whole native histogram, and its sum. */
    native?: NativeBuckets;
    nativeSum?: number;
}

declare interface SampleFamily {
    name: string;
    kind: string;
    help: string;
    unit: string;
    samples: {
        name: string;
        labels: string[];
        value: number;
        timestamp?: number;
        exemplar?: {
            labels: string[];
            value: number;
            timestamp?: number;
        };
        native?: NativeBuckets;
        nativeSum?: number;
    }[];
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

/** Which of some named states holds. */
export declare class StateSet<const N extends readonly string[] = readonly []> extends Metric<N, StateSetChild> {
    constructor(config: StateSetConfig<N>);
    protected wrap(child: NativeChild): StateSetChild;
    /** Makes one state hold and no other. */
    state(state: string): void;
    /** A view in which some labels are fixed. */
    curry(labels: Readonly<Partial<Labels<N>>>): StateSet<readonly string[]>;
}

/** One series of a state set. */
export declare class StateSetChild {
    private readonly native;
    /** Makes one state hold and no other. */
    state(state: string): void;
    /** The states that hold. */
    value(): string[];
}

/** What a state set is made with. */
export declare interface StateSetConfig<N extends readonly string[]> extends MetricConfig<N> {
    /** The states, 1 to 53; the first one holds at the start. */
    states: readonly string[];
}

/** Quantiles of the observations in a sliding window of time, their count and their sum. */
export declare class Summary<const N extends readonly string[] = readonly []> extends Metric<N, SummaryChild> {
    constructor(config: SummaryConfig<N>);
    protected wrap(child: NativeChild): SummaryChild;
    /** Counts one observation. */
    observe(value: number): void;
    /** Counts it in the child with these labels. */
    observe(labels: Labels<N>, value: number): void;
    /** Starts to measure time; the function that it gives, to which further labels may be told, ends it. */
    startTimer(labels?: Partial<Labels<N>>): (labels?: Partial<Labels<N>>) => number;
    /** A view in which some labels are fixed. */
    curry(labels: Readonly<Partial<Labels<N>>>): Summary<readonly string[]>;
}

/** One series of a summary. */
export declare class SummaryChild {
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

/** What a summary is made with. */
export declare interface SummaryConfig<N extends readonly string[]> extends MetricConfig<N> {
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
export declare interface SummaryValue {
    /** The value of each quantile; NaN when nothing was observed within the window. */
    quantiles: number[];
    sum: number;
    count: number;
}

declare type Texts = Readonly<Record<string, string>> | Iterable<readonly [string, string]>;

/** How the metrics of several processes become one. */
declare interface Value {
    labels: Record<string, string | number>;
    value: number;
    metricName?: string;
}

export { }

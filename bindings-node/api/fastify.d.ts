// Generated from bindings-node/ts by make generate: change it there.

/** How the values of several processes become one: see `AggregatorRegistry`. */
declare type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

/** A metric of whatever kind. */
declare type AnyMetric = Metric<any, any>;

/** Bytes, as this platform's programs expect them. */
declare type Bytes = Buffer;

/** Gives families at every collection. */
declare interface Collector {
    /** What it will give, so that clashes of names are found when it is registered. */
    describe?(): readonly Family[];
    collect(): readonly Family[] | Promise<readonly Family[]>;
}

/** The formats of `metrics()`. */
declare type ContentType = typeof PROMETHEUS_CONTENT_TYPE | typeof OPENMETRICS_CONTENT_TYPE;

/** In which way a registry is encoded. */
declare interface EncodeOptions {
    format?: 'text' | 'openmetrics' | 'protobuf' | 'json';
    /** Only metrics with one of these names or with a sample of one; none is all. */
    names?: readonly string[];
    /** Whether `_created` samples are written. */
    created?: boolean;
    /** How names are written that are not classic. */
    escaping?: 'allow-utf-8' | 'underscores' | 'dots' | 'values';
}

/** An update that stands for others. */
declare interface Exemplar {
    labelSet: Record<string, string>;
    value: number;
    timestamp?: number;
}

/** A family as an exposition shows it. */
declare interface Family {
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

/** How requests are counted. */
declare interface HttpOptions {
    /** Where the metrics are: `register` by default. */
    registry?: Registry;
    /** Where they are served; `/metrics` by default, and nowhere when it is `false`. */
    path?: string | false;
    /** The bounds of the duration, in seconds. */
    buckets?: readonly number[];
    /** The bounds of the sizes, in bytes. */
    sizeBuckets?: readonly number[];
    /** What the names begin with. */
    namespace?: string;
    /** The series limit of each metric. */
    maxSeries?: number;
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

/** The family and its children. `C` are the handles to series. */
declare abstract class Metric<N extends readonly string[], C> {
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

/** A metric and its numbers, as `getMetricsAsJSON` gives them. */
declare interface MetricObject {
    name: string;
    help: string;
    type: string;
    aggregator: Aggregator;
    values: MetricValue[];
}

/**
 * A plugin that counts requests by method, route template and status, and serves the metrics.
 *
 * Register it before the routes: `app.register(metrics)`.
 */
export declare const metrics: (app: any, options: HttpOptions, done: (error?: Error) => void) => void;

/** The core's JSON in the shape of `getMetricsAsJSON`. */
/** One number. `metricName` says of which sample, where it is not the metric's own name. */
declare interface MetricValue {
    labels: Record<string, string | number>;
    value: number;
    metricName?: string;
    exemplar?: Exemplar | null;
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

declare const OPENMETRICS_CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** A registry in one format. */
declare interface Page {
    body: Bytes;
    contentType: string;
    contentEncoding: string | null;
    /** Why metrics were left out, as codes. */
    leftOut: string[];
}

/** What an HTTP request says of the answer that it wants. */
declare interface PageRequest {
    accept?: string;
    acceptEncoding?: string;
    /** What is behind the `?`: `name[]` limits the metrics. */
    query?: string;
}

declare const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

declare interface Reading {
    numbers: Float64Array;
    texts: string[];
    states: string[];
    native?: NativeBuckets | null;
}

/** Which collector it is. */
declare interface Registration {
    readonly registration?: never;
}

/** A set of metrics that are exposed together. */
declare class Registry {
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
declare interface RegistryConfig {
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
declare interface Sample {
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

export { }

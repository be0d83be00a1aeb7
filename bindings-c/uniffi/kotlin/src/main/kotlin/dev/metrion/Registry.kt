package dev.metrion

import dev.metrion.ffi.EncodeOptions
import dev.metrion.ffi.RegistryOptions
import dev.metrion.ffi.ScrapeRequest
import dev.metrion.ffi.ServeOptions
import dev.metrion.ffi.checkExposition
import dev.metrion.ffi.deleteFromGateway
import java.nio.file.Path
import dev.metrion.ffi.Registry as CoreRegistry

/**
 * A set of metrics that are exposed together. Most programs use the one of the process, [Registry.default].
 *
 * Making a metric that is there already with the same description gives that one; with another description it is
 * the error `metric_exists`. `labels` are the names of the labels that tell a metric's series apart.
 */
class Registry private constructor(private val core: CoreRegistry) : AutoCloseable {
    /**
     * @param constantLabels Labels that every metric gets.
     * @param utf8Names Whether names may be any text.
     * @param selfMetrics Whether pages tell of the registry itself.
     * @param maxEntries How many metrics and series there is room for, 262,144 by default.
     * @param clock Where time comes from, for tests.
     * @param shared The path of a file in which any number of processes share the registry.
     * @param moveDamagedAside Whether a shared file that is damaged, or of another version, is given another name, and
     * a new one made. If not, it is the error `damaged` or `other_version`.
     */
    constructor(
        constantLabels: Map<String, String> = emptyMap(),
        utf8Names: Boolean = false,
        selfMetrics: Boolean = false,
        maxEntries: Long? = null,
        clock: ManualClock? = null,
        shared: Path? = null,
        moveDamagedAside: Boolean = false,
    ) : this(
        make(
            RegistryOptions(
                pairs(constantLabels),
                maxEntries,
                utf8Names,
                selfMetrics,
                shared?.let { text(it.toString(), "invalid_value", "the path of the shared registry") },
                // A JVM does not fork.
                fork = null,
                moveDamagedAside,
            ),
            clock,
        ),
    )

    /** A number that only goes up. */
    fun counter(
        name: String,
        help: String = "",
        labels: List<String> = emptyList(),
        options: MetricOptions = MetricOptions(),
    ): Counter {
        val core = options.toCore(name, help, labels)
        return crossing { Counter(this.core.counter(core)) }
    }

    /** A number that goes up and down. */
    fun gauge(
        name: String,
        help: String = "",
        labels: List<String> = emptyList(),
        mode: GaugeMode = GaugeMode.LAST_VALUE,
        options: MetricOptions = MetricOptions(),
    ): Gauge {
        val core = options.toCore(name, help, labels)
        return crossing { Gauge(this.core.gauge(core, mode.word)) }
    }

    /**
     * Counts by upper bounds, in native buckets, or both.
     *
     * @param buckets The upper bounds, strictly increasing; 0.005 to 10 by default. An empty list is none.
     * @param native Native buckets.
     */
    fun histogram(
        name: String,
        help: String = "",
        labels: List<String> = emptyList(),
        buckets: List<Double>? = null,
        native: NativeOptions? = null,
        options: MetricOptions = MetricOptions(),
    ): Histogram {
        val core = histogramOptions(options.toCore(name, help, labels), buckets, native, timer = false)
        return crossing { Histogram(this.core.histogram(core)) }
    }

    /** A histogram of durations in seconds, whose name ends with `_seconds`. */
    fun timer(
        name: String,
        help: String = "",
        labels: List<String> = emptyList(),
        buckets: List<Double>? = null,
        native: NativeOptions? = null,
        options: MetricOptions = MetricOptions(),
    ): Histogram {
        val core = histogramOptions(options.toCore(name, help, labels), buckets, native, timer = true)
        return crossing { Histogram(this.core.histogram(core)) }
    }

    /**
     * Quantiles over the last minutes.
     *
     * @param objectives Quantiles and the error that their rank may have: `listOf(0.99 to 0.001)`. None is just a
     * count and a sum.
     * @param maxAgeSeconds How long an observation counts for quantiles, 600 by default.
     * @param ageBuckets In how many steps observations age, 5 by default.
     */
    fun summary(
        name: String,
        help: String = "",
        labels: List<String> = emptyList(),
        objectives: List<Pair<Double, Double>> = emptyList(),
        maxAgeSeconds: Double? = null,
        ageBuckets: Long? = null,
        options: MetricOptions = MetricOptions(),
    ): Summary {
        val core = summaryOptions(options.toCore(name, help, labels), objectives, maxAgeSeconds, ageBuckets)
        return crossing { Summary(this.core.summary(core)) }
    }

    /** Text about the program. */
    fun info(
        name: String,
        help: String = "",
        labels: List<String> = emptyList(),
        options: MetricOptions = MetricOptions(),
    ): Info {
        val core = options.toCore(name, help, labels)
        return crossing { Info(this.core.info(core)) }
    }

    /** Which of 1 to 53 [states] hold; the first one does at the start. */
    fun stateSet(
        name: String,
        help: String = "",
        states: List<String>,
        labels: List<String> = emptyList(),
        options: MetricOptions = MetricOptions(),
    ): StateSet {
        val core = options.toCore(name, help, labels)
        return crossing { StateSet(this.core.stateSet(core, states)) }
    }

    /** Takes a metric out. Its name is free then; its handles show nowhere. */
    fun unregister(metric: Metric<*, *>) = crossing { core.unregister(metric.family) }

    /** Takes a collector out. */
    fun unregister(registration: Registration) = crossing { core.unregisterCollector(registration) }

    /**
     * Calls [collector] at every collection, on whatever thread collects. It is called once now, to find names that
     * are taken. What it throws leaves its families out of that collection.
     */
    fun register(collector: () -> List<CollectedFamily>): Registration =
        crossing { core.register(CollectorCallback(collector)) }

    /** Adds memory, CPU time and open files of the process. */
    fun registerProcess(namespace: String = ""): Registration {
        val name = name(namespace, "the namespace")
        return crossing { core.registerProcess(name) }
    }

    /**
     * Collects and writes the registry.
     *
     * @param created Whether the text formats tell when each counter, histogram and summary began.
     * @param escaping How names are written that are not classic: `underscores`, `dots`, `values`, `allow-utf-8`.
     * @param names Only families that have one of these names, or a sample with one; none is all families.
     */
    fun encode(
        format: Format = Format.TEXT,
        created: Boolean = false,
        escaping: String? = null,
        names: List<String> = emptyList(),
    ): Page = crossing { core.encode(format, EncodeOptions(created, escaping, names)) }

    /** The text format 0.0.4. */
    fun text(): String = encode().body.toString(Charsets.UTF_8)

    /**
     * What an HTTP request asks for, for whatever server sends it: [accept] and [acceptEncoding] are its headers,
     * [query] is what is behind the `?`.
     */
    fun scrape(accept: String = "", acceptEncoding: String = "", query: String = ""): Page =
        crossing { core.scrape(ScrapeRequest(accept, acceptEncoding, query)) }

    /**
     * Serves the registry over HTTP, from a thread of the library, until the [Server] is closed. When another process
     * serves this shared registry already, that is a warning in the log `dev.metrion`, once.
     *
     * @param port 0 is any free one.
     * @param address `127.0.0.1` by default; `0.0.0.0` and `::` are every address.
     * @param path `/metrics` by default.
     * @param created Whether the text formats tell when each counter, histogram and summary began.
     * @param tls Serves HTTPS.
     */
    fun serve(
        port: Int = 0,
        address: String? = null,
        path: String? = null,
        created: Boolean = false,
        tls: ServerTls? = null,
    ): Server = crossing { Server(core.serve(ServeOptions(address, port, path, created, tls))) }

    /** Sends the registry to a Pushgateway, and waits for the answer. */
    fun push(target: PushTarget) = crossing { core.push(target.toCore()) }

    /**
     * Ends this handle. Metrics, servers and collectors go on; the registry itself ends with the last of them. What
     * is done with it later is the error `not_found`.
     */
    override fun close() = core.close()

    companion object {
        /**
         * The registry of the process. `METRION_SHARED` in the environment, the path of a file, shares it with other
         * processes.
         */
        val default: Registry by lazy { Registry(crossing { CoreRegistry.ofProcess() }) }

        /** Takes a group of metrics out of a Pushgateway. */
        fun deletePushed(target: PushTarget) = crossing { deleteFromGateway(target.toCore()) }

        /**
         * Throws a [MetrionException] with the code `parse_error`, line and column when bytes are not an exposition
         * in the text format or in OpenMetrics.
         */
        fun check(format: Format, page: ByteArray) = crossing { checkExposition(format, page) }

        private fun make(options: RegistryOptions, clock: ManualClock?): CoreRegistry =
            crossing {
                if (clock == null) CoreRegistry(options) else CoreRegistry.withClock(options, clock)
            }
    }
}

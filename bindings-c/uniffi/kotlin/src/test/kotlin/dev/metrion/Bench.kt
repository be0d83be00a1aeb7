package dev.metrion

import dev.metrion.ffi.RegistryOptions
import io.prometheus.metrics.model.registry.PrometheusRegistry
import dev.metrion.ffi.Registry as CoreRegistry

private const val ROUNDS = 7
private const val SECONDS = 0.2

/** Nanoseconds of one call. */
private fun nanoseconds(call: () -> Unit): Double {
    var calls = 0L
    var spent = 0L
    val began = System.nanoTime()
    while (spent < SECONDS * 1e9) {
        repeat(1000) { call() }
        calls += 1000
        spent = System.nanoTime() - began
    }
    return spent.toDouble() / calls
}

/** The medians of both and of their ratios, round by round, after two rounds to warm up. */
private fun row(what: String, own: () -> Unit, peer: () -> Unit) {
    val rounds = List(ROUNDS + 2) { nanoseconds(own) to nanoseconds(peer) }.drop(2)
    val median = { values: List<Double> -> values.sorted()[ROUNDS / 2] }
    val (ours, theirs) = rounds.unzip()
    val ratio = median(rounds.map { (ours, theirs) -> theirs / ours })
    println("| %s | %.0f ns | %.0f ns | %.2fx |".format(what, median(ours), median(theirs), ratio))
}

/** Beside io.prometheus:prometheus-metrics-core, in one run. README.md tells how it is started. */
fun main() {
    val registry = Registry()
    val peer = PrometheusRegistry()
    println("| what | metrion | peer | ratio |\n|---|---|---|---|")

    val counter = registry.counter("c", "Help.")
    val peerCounter = io.prometheus.metrics.core.metrics.Counter.builder().name("c").help("Help.").register(peer)
    row("counter.increment()", { counter.increment() }, { peerCounter.inc() })

    val uniffi = CoreRegistry(RegistryOptions(emptyList(), null, false, false, null, null, false))
    val series = uniffi.counter(MetricOptions().toCore("c", "", emptyList())).labels(emptyList())
    row("the same through uniffi", { series.add(1.0) }, { peerCounter.inc() })

    val labelled = registry.counter("l", "Help.", listOf("method", "status"))
    val peerLabelled =
        io.prometheus.metrics.core.metrics.Counter.builder().name("l").help("Help.").labelNames("method", "status")
            .register(peer)
    row("labels(2 values).increment()", { labelled.labels("GET", "200").increment() }) {
        peerLabelled.labelValues("GET", "200").inc()
    }

    val histogram = registry.histogram("h", "Help.")
    val peerHistogram =
        io.prometheus.metrics.core.metrics.Histogram.builder().name("h").help("Help.").classicOnly().register(peer)
    row("histogram.observe(0.3)", { histogram.observe(0.3) }, { peerHistogram.observe(0.3) })

    val gauge = registry.gauge("g", "Help.")
    val peerGauge = io.prometheus.metrics.core.metrics.Gauge.builder().name("g").help("Help.").register(peer)
    row("gauge.set(1.0)", { gauge.set(1.0) }, { peerGauge.set(1.0) })
}

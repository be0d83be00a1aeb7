package dev.metrion

import io.prometheus.metrics.model.registry.PrometheusRegistry

private const val ROUNDS = 7
private const val SECONDS = 0.2

/** Nanoseconds of one call: the median of some rounds, after one to warm up. */
private fun nanoseconds(call: () -> Unit): Double {
    val rounds = List(ROUNDS + 1) {
        var calls = 0L
        val began = System.nanoTime()
        do {
            repeat(1000) { call() }
            calls += 1000
            val spent = System.nanoTime() - began
        } while (spent < SECONDS * 1e9)
        (System.nanoTime() - began).toDouble() / calls
    }
    return rounds.drop(1).sorted()[ROUNDS / 2]
}

private fun row(what: String, own: () -> Unit, peer: () -> Unit) {
    val (ours, theirs) = nanoseconds(own) to nanoseconds(peer)
    println("%-40s %10.0f ns %10.0f ns %8.3fx".format(what, ours, theirs, theirs / ours))
}

/** Beside io.prometheus:prometheus-metrics-core, in one run. README.md tells how it is started. */
fun main() {
    val registry = Registry()
    val peer = PrometheusRegistry()
    println("%-40s %13s %13s %9s".format("", "metrion", "peer", "ratio"))

    val counter = registry.counter("c", "Help.")
    val peerCounter = io.prometheus.metrics.core.metrics.Counter.builder().name("c").help("Help.").register(peer)
    row("counter.increment()", { counter.increment() }, { peerCounter.inc() })

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

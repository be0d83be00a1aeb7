package dev.metrion

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test

private const val LONE = "\ud800"

/** What a program can do wrong: each is an error with a code, and nothing is half done. */
class BadInputTest {
    private val registry = Registry()
    private val counter = registry.counter("c", "Help.", listOf("a"))

    private fun refused(code: String, call: () -> Unit) {
        val before = registry.text()
        val error = assertThrows(MetrionException::class.java) { call() }
        assertEquals(code, error.code, error.message)
        assertEquals(before, registry.text(), error.message)
    }

    @Test
    fun `label counts and names`() {
        refused("label_mismatch") { counter.labels() }
        refused("label_mismatch") { counter.labels("x", "y") }
        refused("label_mismatch") { counter.labels(mapOf("b" to "x")) }
        refused("label_mismatch") { counter.labels(mapOf("a" to "x", "b" to "y")) }
        refused("label_mismatch") { counter.labels(emptyMap()) }
        refused("label_mismatch") { counter.increment() }
        refused("label_mismatch") { counter.value }
        refused("label_mismatch") { counter.callback { 1.0 } }
        refused("label_mismatch") { counter.remove() }
        refused("label_mismatch") { counter.removeMatching(mapOf("b" to "x")) }
        refused("label_mismatch") { counter.curry(mapOf("b" to "x")) }
    }

    @Test
    fun amounts() {
        val series = counter.labels("x")
        listOf(-1.0, -0.5, Double.NaN, Double.NEGATIVE_INFINITY).forEach { amount ->
            refused("invalid_value") { series.increment(amount) }
        }
        refused("invalid_exemplar") { series.increment(1.0, mapOf("trace_id" to "x".repeat(200))) }
        val gauge = registry.gauge("g", mode = GaugeMode.UP_DOWN)
        refused("unsupported") { gauge.set(1.0) }
    }

    @Test
    fun `a refused amount is counted once`() {
        val registry = Registry(selfMetrics = true)
        val counter = registry.counter("c")
        assertThrows(MetrionException::class.java) { counter.increment(-1.0) }
        assert(registry.text().lines().any { "invalid" in it && it.endsWith(" 1") }) { registry.text() }
    }

    @Test
    fun `lone surrogates`() {
        refused("invalid_name") { registry.counter(LONE) }
        refused("invalid_name") { registry.counter("d", "${LONE}x") }
        refused("invalid_name") { registry.counter("d", labels = listOf("\udc00\ud800")) }
        refused("invalid_label_value") { counter.labels(LONE) }
        refused("invalid_label_value") { counter.labels(mapOf("a" to LONE)) }
        refused("invalid_label_value") { counter.remove(LONE) }
        refused("invalid_name") { registry.registerProcess(LONE) }
        refused("invalid_value") { registry.stateSet("d", states = listOf(LONE)) }
        refused("invalid_value") { registry.encode(escaping = LONE) }
        refused("invalid_value") { registry.scrape(accept = LONE) }
        refused("invalid_value") { registry.push(PushTarget(LONE, "j")) }
        counter.labels("\ud83d\ude00").increment()
        assertEquals(1.0, counter.labels("😀").value)
    }

    @Test
    fun `numbers that do not fit`() {
        refused("invalid_value") { registry.counter("d", options = MetricOptions(maxSeries = -1)) }
        refused("invalid_value") { registry.serve(port = 70_000) }
        refused("invalid_value") { registry.serve(port = -1) }
        refused("invalid_buckets") { registry.histogram("d", native = NativeOptions(schema = 300)) }
        refused("invalid_buckets") { registry.histogram("d", buckets = listOf(2.0, 1.0)) }
        refused("invalid_value") { registry.push(PushTarget("http://127.0.0.1:1", "j", timeoutSeconds = -1.0)) }
    }

    @Test
    fun `what there is not`() {
        refused("unsupported") { registry.encode(escaping = "none") }
        refused("unsupported") { Registry.check(Format.JSON, ByteArray(0)) }
        refused("parse_error") { Registry.check(Format.TEXT, "a b c\n".toByteArray()) }
        refused("metric_exists") { registry.gauge("c") }
        refused("not_found") { registry.unregister(Registry().counter("c", "Help.", listOf("a"))) }
        refused("io") { registry.push(PushTarget("http://127.0.0.1:1", "j", timeoutSeconds = 5.0)) }
    }

    @Test
    fun `null from Java`() {
        val nothing: String? = null
        val method = Registry::class.java.methods.first { it.name == "registerProcess" }
        val error = assertThrows(java.lang.reflect.InvocationTargetException::class.java) {
            method.invoke(registry, nothing)
        }
        assertEquals(NullPointerException::class.java, error.targetException.javaClass)
    }

    @Test
    fun `after the end`() {
        val server = registry.serve()
        server.close()
        server.close()
        val registration = registry.registerProcess()
        registry.unregister(registration)
        refused("not_found") { registry.unregister(registration) }
        val other = Registry()
        val left = other.counter("c")
        other.close()
        other.close()
        left.increment()
        assertEquals(1.0, left.value)
        listOf<() -> Any>({ other.text() }, { other.counter("d") }, { other.serve() }).forEach { call ->
            assertEquals("not_found", assertThrows(MetrionException::class.java) { call() }.code)
        }
    }
}

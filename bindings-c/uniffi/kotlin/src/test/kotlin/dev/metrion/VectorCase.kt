package dev.metrion

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.ObjectNode

private val FAMILY_FIELDS =
    listOf("help", "namespace", "subsystem", "unit", "label_names", "constant_labels", "max_series", "expire_after")
private val OWN_FIELDS =
    mapOf(
        "counter" to emptyList(),
        "gauge" to listOf("mode"),
        "histogram" to listOf("buckets", "native"),
        "summary" to listOf("objectives", "max_age", "age_buckets"),
        "info" to emptyList(),
        "state_set" to listOf("states"),
    )

/**
 * Runs one conformance vector through the calls that programs make. core/conformance/README.md says what the fields
 * mean; what is unknown here is an error.
 */
class VectorCase(setup: JsonNode?) {
    private val clock = ManualClock(1_700_000_000.0)
    private val registry: Registry
    private val handles = mutableMapOf<String, Any>()
    private val servers = mutableMapOf<String, Server>()

    init {
        val own = Fields(setup ?: json("{}"), emptyList(), listOf("utf8_names", "constant_labels", "max_entries"))
        registry =
            Registry(
                constantLabels = own.optional("constant_labels")?.pairs().orEmpty(),
                utf8Names = own.optional("utf8_names")?.truth() ?: false,
                maxEntries = own.optional("max_entries")?.whole(),
                clock = clock,
            )
    }

    companion object {
        fun run(case: JsonNode) {
            val own = Fields(case, listOf("description", "operations", "expect"), listOf("registry"))
            val expect = Fields(own["expect"], emptyList(), listOf("text", "pages", "values"))
            if (own["expect"].isEmpty) throw Broken("the case expects nothing")
            VectorCase(own.optional("registry")).run(own["operations"], expect)
        }
    }

    private fun run(operations: JsonNode, expect: Fields) {
        try {
            operations.forEach(::step)
            expect.optional("text")?.let { expectText(registry, it.texts(), null) }
            expect.optional("pages")?.forEach { expectPage(registry, it) }
            expect.optional("values")?.let(::expectValues)
        } finally {
            servers.values.forEach { it.close() }
        }
    }

    private fun step(step: JsonNode) {
        val rest = step.deepCopy<ObjectNode>()
        val operation = rest.remove("op")?.text() ?: throw Broken("no operation: $step")
        val code = rest.remove("error")?.text()
        try {
            apply(operation, rest)
        } catch (error: MetrionException) {
            if (error.code != code) throw Broken("$step: ${error.code}: ${error.message}")
            return
        }
        if (code != null) throw Broken("$step succeeded")
    }

    private fun apply(operation: String, given: JsonNode) {
        when (operation) {
            "create" -> create(given)
            "labels" -> labels(Fields(given, listOf("family", "id"), listOf("values", "names")))
            "curry" -> Fields(given, listOf("family", "id", "names")).run {
                bind(this["id"].text(), metric(this["family"]).curry(this["names"].mapping()) as Any)
            }
            "inc" -> increment(Fields(given, listOf("on"))["on"])
            "add" -> add(Fields(given, listOf("on", "value"), listOf("exemplar")))
            "dec" -> Fields(given, listOf("on", "value")).run {
                on<GaugeSeries>(this["on"]).decrement(this["value"].number())
            }
            "set" -> Fields(given, listOf("on", "value")).run {
                on<GaugeSeries>(this["on"]).set(this["value"].number())
            }
            "observe" -> observe(Fields(given, listOf("on", "value"), listOf("exemplar")))
            "set_info" -> Fields(given, listOf("on", "labels")).run {
                on<InfoSeries>(this["on"]).set(this["labels"].pairs())
            }
            "set_state" -> Fields(given, listOf("on", "state")).run {
                on<StateSetSeries>(this["on"]).set(this["state"].text())
            }
            "advance" -> clock.advance(Fields(given, listOf("seconds"))["seconds"].number())
            "collect" -> collect(Fields(given, listOf("families"))["families"])
            "parse" -> Fields(given, listOf("format", "lines")).run {
                Registry.check(format(this["format"].text()), lines(this["lines"].texts()).toByteArray())
            }
            "serve" -> serve(Fields(given, listOf("id"), listOf("host", "port_of")))
            "remove" -> Fields(given, listOf("family", "values")).run {
                metric(this["family"]).remove(*this["values"].texts().toTypedArray())
            }
            "remove_matching" -> Fields(given, listOf("family", "names")).run {
                metric(this["family"]).removeMatching(this["names"].mapping())
            }
            "clear" -> metric(Fields(given, listOf("family"))["family"]).clear()
            "reset" -> metric(Fields(given, listOf("family"))["family"]).reset()
            "unregister" -> registry.unregister(metric(Fields(given, listOf("family"))["family"]))
            "expect_text" -> Fields(given, listOf("text"), listOf("filter")).run {
                expectText(registry, this["text"].texts(), optional("filter")?.texts())
            }
            "expect_page" -> expectPage(registry, given)
            "expect_values" -> expectValues(Fields(given, listOf("values"))["values"])
            else -> throw Broken("unknown operation $operation")
        }
    }

    private fun bind(id: String, handle: Any) {
        if (handles.put(id, handle) != null) throw Broken("$id is bound twice")
    }

    private fun handle(id: String): Any = handles[id] ?: throw Broken("$id is not bound")

    private fun metric(id: JsonNode) = handle(id.text()) as? Metric<*, *> ?: throw Broken("$id is no metric")

    private inline fun <reified S> on(id: JsonNode): S = handle(id.text()) as? S ?: throw Broken("$id is another type")

    private fun create(given: JsonNode) {
        val type = given.path("type").text()
        val ownFields = OWN_FIELDS[type] ?: throw Broken("unknown type $type")
        val own = Fields(given, listOf("type", "id", "name"), FAMILY_FIELDS + ownFields)
        val options =
            MetricOptions(
                namespace = own.optional("namespace")?.text().orEmpty(),
                subsystem = own.optional("subsystem")?.text().orEmpty(),
                unit = own.optional("unit")?.text().orEmpty(),
                constantLabels = own.optional("constant_labels")?.pairs().orEmpty(),
                maxSeries = own.optional("max_series")?.whole(),
                expireAfterSeconds = own.optional("expire_after")?.number(),
            )
        val name = own["name"].text()
        val help = own.optional("help")?.text().orEmpty()
        val labels = own.optional("label_names")?.texts().orEmpty()
        val made: Any =
            when (type) {
                "counter" -> registry.counter(name, help, labels, options)
                "gauge" -> registry.gauge(name, help, labels, mode(own.optional("mode")?.text()), options)
                "histogram" -> {
                    val native = own.optional("native")?.let(::nativeOptions)
                    registry.histogram(name, help, labels, own.optional("buckets")?.numbers(), native, options)
                }
                "summary" ->
                    registry.summary(
                        name,
                        help,
                        labels,
                        own.optional("objectives")?.map { it[0].number() to it[1].number() }.orEmpty(),
                        own.optional("max_age")?.number(),
                        own.optional("age_buckets")?.whole(),
                        options,
                    )
                "info" -> registry.info(name, help, labels, options)
                else -> registry.stateSet(name, help, own.optional("states")?.texts().orEmpty(), labels, options)
            }
        bind(own["id"].text(), made)
    }

    private fun mode(word: String?) =
        GaugeMode.entries.find { it.word == (word ?: "last") } ?: throw Broken("unknown mode $word")

    private fun nativeOptions(given: JsonNode): NativeOptions {
        val names = listOf("schema", "factor", "max_buckets", "zero_threshold", "max_zero_threshold", "min_reset")
        val own = Fields(given, emptyList(), names)
        return NativeOptions(
            schema = own.optional("schema")?.whole()?.toInt(),
            factor = own.optional("factor")?.number(),
            maxBuckets = own.optional("max_buckets")?.whole(),
            zeroThreshold = own.optional("zero_threshold")?.number(),
            maxZeroThreshold = own.optional("max_zero_threshold")?.number(),
            minResetSeconds = own.optional("min_reset")?.number(),
        )
    }

    private fun labels(own: Fields) {
        if (("values" in own) == ("names" in own)) throw Broken("one of values and names")
        val family = metric(own["family"])
        val child =
            if ("values" in own) {
                family.labels(*own["values"].texts().toTypedArray())
            } else {
                family.labels(own["names"].mapping())
            }
        bind(own["id"].text(), child as Any)
    }

    private fun increment(id: JsonNode) {
        when (val on = handle(id.text())) {
            is CounterSeries -> on.increment()
            is GaugeSeries -> on.increment()
            else -> throw Broken("$id is another type")
        }
    }

    private fun add(own: Fields) {
        val value = own["value"].number()
        val exemplar = own.optional("exemplar")?.pairs()
        when (val on = handle(own["on"].text())) {
            is CounterSeries -> on.increment(value, exemplar)
            is GaugeSeries -> on.increment(value)
            else -> throw Broken("add is for counters and gauges")
        }
    }

    private fun observe(own: Fields) {
        val value = own["value"].number()
        val exemplar = own.optional("exemplar")?.pairs()
        when {
            exemplar == null -> on<Observing>(own["on"]).observe(value)
            else -> on<HistogramSeries>(own["on"]).observe(value, exemplar)
        }
    }

    private fun collect(families: JsonNode) {
        val made = families.map(::collectedFamily)
        registry.register { made }
    }

    private fun serve(own: Fields) {
        val port = own.optional("port_of")?.let { servers.getValue(it.text()).port } ?: 0
        servers[own["id"].text()] = registry.serve(port, own.optional("host")?.text())
    }

    private fun expectValues(values: JsonNode) {
        values.properties().forEach { (id, expected) -> compare(handle(id), expected) }
    }
}

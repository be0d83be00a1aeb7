package dev.metrion

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper

/** The case is not as it should be, or not what happened. */
class Broken(message: String) : Exception(message)

private val MAPPER = ObjectMapper()
private val MINUS_ZERO = Regex("(?<=[:,\\[ ])-0(?=[,\\]}\\s])")

/** JSON in which the integer -0 keeps its sign. */
fun json(text: String): JsonNode = MAPPER.readTree(text.replace(MINUS_ZERO, "-0.0"))

fun JsonNode.text(): String = if (isTextual) textValue() else throw Broken("no text: $this")

fun JsonNode.texts(): List<String> = map { it.text() }

fun JsonNode.whole(): Long = if (isIntegralNumber) longValue() else throw Broken("no whole number: $this")

fun JsonNode.truth(): Boolean = if (isBoolean) booleanValue() else throw Broken("no truth value: $this")

fun JsonNode.number(): Double =
    when {
        isNumber -> doubleValue()
        text() == "NaN" -> Double.NaN
        text() == "+Inf" -> Double.POSITIVE_INFINITY
        text() == "-Inf" -> Double.NEGATIVE_INFINITY
        text() == "-0" -> -0.0
        else -> throw Broken("no number: $this")
    }

fun JsonNode.numbers(): List<Double> = map { it.number() }

/** Labels by name. */
fun JsonNode.mapping(): Map<String, String> = properties().associate { (name, value) -> name to value.text() }

/** Pairs of names and values, as a map that says a name twice where they do, as a broken one may. */
fun JsonNode.pairs(): Map<String, String> = Pairs(map { it[0].text() to it[1].text() })

private class Pairs(pairs: List<Pair<String, String>>) : AbstractMap<String, String>() {
    override val entries: Set<Map.Entry<String, String>> = Entries(pairs)
}

private class Entries(private val pairs: List<Pair<String, String>>) : AbstractSet<Map.Entry<String, String>>() {
    override val size get() = pairs.size

    override fun iterator() = pairs.map { (name, value) -> java.util.AbstractMap.SimpleEntry(name, value) }.iterator()
}

/** The fields of an object, all of which must be known and none of the required ones missing. */
class Fields(given: JsonNode, required: List<String>, optional: List<String> = emptyList()) {
    private val fields = given.properties().associate { (name, value) -> name to value }

    init {
        val unknown = fields.keys - required.toSet() - optional.toSet()
        val missing = required - fields.keys
        if (unknown.isNotEmpty() || missing.isNotEmpty()) throw Broken("unknown $unknown, missing $missing: $given")
    }

    operator fun get(name: String): JsonNode = fields[name] ?: throw Broken("missing $name")

    /** Null also for null, which stands for nothing. */
    fun optional(name: String): JsonNode? = fields[name]?.takeUnless { it.isNull }

    operator fun contains(name: String) = name in fields
}

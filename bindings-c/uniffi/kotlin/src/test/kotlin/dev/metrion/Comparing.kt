package dev.metrion

import com.fasterxml.jackson.databind.JsonNode
import java.io.ByteArrayOutputStream
import kotlin.math.abs

// What a vector expects, compared to the last bit.

fun lines(lines: List<String>) = lines.joinToString("") { "$it\n" }

fun format(word: String): Format =
    Format.entries.find { it.name.replace("_", "").lowercase() == word } ?: throw Broken("unknown format $word")

fun expectText(registry: Registry, expected: List<String>, filter: List<String>?) {
    check(registry.encode(names = filter.orEmpty()).body.toString(Charsets.UTF_8), lines(expected))
    if (filter == null) check(registry.text(), lines(expected))
}

fun expectPage(registry: Registry, given: JsonNode) {
    val format = format(given.path("format").text())
    val content =
        when (format) {
            Format.JSON -> "json"
            Format.PROTOBUF -> "messages"
            else -> "lines"
        }
    val own = Fields(given, listOf("format", content), listOf("created", "escaping", "left_out"))
    val created = own.optional("created")?.truth() ?: false
    val page = registry.encode(format, created, own.optional("escaping")?.text())
    check(page.leftOut, own.optional("left_out")?.texts().orEmpty())
    when (format) {
        Format.JSON -> checkJson(json(page.body.toString(Charsets.UTF_8)), own["json"])
        Format.PROTOBUF -> check(page.body.toList(), delimited(own["messages"].texts()).toList())
        else -> check(page.body.toString(Charsets.UTF_8), lines(own["lines"].texts()))
    }
}

/** What a series reads, or the one series of a metric. */
fun compare(handle: Any, expected: JsonNode) {
    when (handle) {
        is CounterSeries -> same(handle.value, expected)
        is GaugeSeries -> same(handle.value, expected)
        is HistogramSeries -> compareHistogram(handle.value, expected)
        is SummarySeries -> compareSummary(handle.value, expected)
        is InfoSeries -> check(handle.value.toList(), expected.map { it[0].text() to it[1].text() })
        is StateSetSeries -> check(handle.value, expected.texts())
        else -> throw Broken("$handle reads nothing")
    }
}

private fun compareHistogram(found: HistogramValue, expected: JsonNode) {
    val own = Fields(expected, listOf("counts", "sum"), listOf("native"))
    check(found.counts.map(Double::toBits), own["counts"].numbers().map(Double::toBits))
    same(found.sum, own["sum"])
    check(found.native, own.optional("native")?.let(::nativeHistogram))
}

private fun compareSummary(found: SummaryValue, expected: JsonNode) {
    val own = Fields(expected, listOf("quantiles", "sum", "count"))
    val wanted = own["quantiles"].numbers()
    check(found.quantiles.size, wanted.size)
    found.quantiles.zip(wanted).forEach { (value, near) ->
        val isNear = value.toBits() == near.toBits() || abs(value - near) <= 0.01 * abs(near)
        if (!isNear) throw Broken("found $value, expected about $near")
    }
    same(found.sum, own["sum"])
    same(found.count, own["count"])
}

/** To the last bit, but for NaN, of which all are equal. */
private fun same(found: Double, expected: JsonNode) {
    if (found.toBits() != expected.number().toBits()) throw Broken("found $found, expected $expected")
}

private fun <T> check(found: T, expected: T) {
    if (found != expected) throw Broken("found\n$found\nexpected\n$expected")
}

private fun checkJson(found: JsonNode, expected: JsonNode) {
    val isSame =
        when {
            found.isNumber && expected.isNumber -> found.doubleValue().toBits() == expected.doubleValue().toBits()
            found.isArray && expected.isArray -> {
                check(found.size(), expected.size())
                found.zip(expected).forEach { (one, other) -> checkJson(one, other) }
                true
            }
            found.isObject && expected.isObject -> {
                check(found.fieldNames().asSequence().toSet(), expected.fieldNames().asSequence().toSet())
                found.properties().forEach { (name, value) -> checkJson(value, expected[name]) }
                true
            }
            else -> found == expected
        }
    if (!isSame) throw Broken("found $found, expected $expected")
}

private fun delimited(messages: List<String>): ByteArray {
    val out = ByteArrayOutputStream()
    for (message in messages) {
        val bytes = message.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
        var length = bytes.size
        while (length >= 0x80) {
            out.write(length and 0x7f or 0x80)
            length = length shr 7
        }
        out.write(length)
        out.write(bytes)
    }
    return out.toByteArray()
}

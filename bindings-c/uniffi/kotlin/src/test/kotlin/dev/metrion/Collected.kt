package dev.metrion

import com.fasterxml.jackson.databind.JsonNode

/** A family of a vector's collector. */
fun collectedFamily(given: JsonNode): CollectedFamily {
    val optional = listOf("help", "unit", "label_names", "bounds", "quantiles", "states")
    val own = Fields(given, listOf("type", "name", "series"), optional)
    val type =
        FamilyType.entries.find { it.name.lowercase() == own["type"].text() } ?: throw Broken("unknown type: $given")
    return CollectedFamily(
        familyType = type,
        name = own["name"].text(),
        help = own.optional("help")?.text().orEmpty(),
        unit = own.optional("unit")?.text().orEmpty(),
        labelNames = own.optional("label_names")?.texts().orEmpty(),
        bounds = own.optional("bounds")?.numbers().orEmpty(),
        quantiles = own.optional("quantiles")?.numbers().orEmpty(),
        states = own.optional("states")?.texts().orEmpty(),
        series = own["series"].map(::collectedSeries),
    )
}

private fun collectedSeries(given: JsonNode): CollectedSeries {
    val own = Fields(given, listOf("row"), listOf("values", "native", "exemplars", "created", "timestamp"))
    return CollectedSeries(
        values = own.optional("values")?.texts().orEmpty(),
        row = own["row"].numbers(),
        native = own.optional("native")?.let(::nativeHistogram),
        exemplars = own.optional("exemplars")?.map(::collectedExemplar).orEmpty(),
        created = own.optional("created")?.number(),
        timestamp = own.optional("timestamp")?.number(),
    )
}

private fun collectedExemplar(given: JsonNode) =
    CollectedExemplar(
        place = given[0].whole().toInt(),
        labels = given[1].map { Label(it[0].text(), it[1].text()) },
        value = given[2].number(),
        timestamp = given.get(3)?.takeUnless { it.isNull }?.number(),
    )

/** The native buckets that a vector writes down. */
fun nativeHistogram(given: JsonNode): NativeHistogram {
    val own = Fields(given, listOf("schema", "zero_threshold", "zero_count", "positive", "negative"))
    val side = { buckets: JsonNode -> buckets.map { NativeBucket(it[0].whole().toInt(), it[1].number()) } }
    return NativeHistogram(
        schema = own["schema"].whole().toByte(),
        zeroThreshold = own["zero_threshold"].number(),
        zeroCount = own["zero_count"].number(),
        positive = side(own["positive"]),
        negative = side(own["negative"]),
    )
}

package dev.metrion

import dev.metrion.ffi.Label

/** Text that has a form in UTF-8; [code] is that of the error when it has none. */
internal fun text(value: String, code: String, what: String): String {
    var at = 0
    while (at < value.length) {
        val isPair = at + 1 < value.length && Character.isSurrogatePair(value[at], value[at + 1])
        if (!isPair && value[at].isSurrogate()) throw MetrionException(code, "$what has a lone surrogate")
        at += if (isPair) 2 else 1
    }
    return value
}

internal fun name(value: String, what: String) = text(value, "invalid_name", what)

internal fun names(values: List<String>, what: String) = values.map { name(it, what) }

internal fun labelValues(values: Array<out String>) = values.map { text(it, "invalid_label_value", "a label value") }

internal fun pairs(labels: Map<String, String>): List<Label> =
    labels.map { (name, value) ->
        Label(name(name, "a label name"), text(value, "invalid_label_value", "a label value"))
    }

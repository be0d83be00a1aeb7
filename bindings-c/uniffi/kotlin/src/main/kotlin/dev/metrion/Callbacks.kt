package dev.metrion

import dev.metrion.ffi.Collector
import dev.metrion.ffi.CoreException
import dev.metrion.ffi.ValueFunction

// Nothing that a program's function throws may get to JNA, which would go on with no result at all.

internal class ValueCallback(private val function: () -> Double?) : ValueFunction {
    override fun value(): Double? =
        try {
            function()
        } catch (_: Throwable) {
            null
        }
}

internal class CollectorCallback(private val function: () -> List<CollectedFamily>) : Collector {
    override fun collect(): List<CollectedFamily> =
        try {
            function()
        } catch (error: Throwable) {
            throw CoreException.Refused("invalid_value", text(error.toString(), "invalid_value", "a message"))
        }
}

internal fun Metric<*, *>.setCallback(values: Array<out String>, function: () -> Double?) {
    val labels = labelValues(values)
    crossing { family.setCallback(family.labels(labels), ValueCallback(function)) }
}

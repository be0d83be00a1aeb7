package dev.metrion

import dev.metrion.ffi.Family
import dev.metrion.ffi.Reading

/** One series of a [Gauge]. */
interface GaugeSeries {
    /** Sets it. Gauges of the mode [GaugeMode.UP_DOWN] are only added to. */
    fun set(value: Double)

    /** Adds [amount]. */
    fun increment(amount: Double = 1.0)

    /** Subtracts [amount]. */
    fun decrement(amount: Double = 1.0)

    /** What it is now. */
    val value: Double
}

/** A number that goes up and down. */
class Gauge internal constructor(family: Family, target: Target) :
    Metric<GaugeSeries, Gauge>(family),
    GaugeSeries by GaugeUpdates(target) {
    internal constructor(family: Family) : this(family, Target.of(family))

    override fun child(target: Target): GaugeSeries = GaugeUpdates(target)

    override fun view(family: Family) = Gauge(family, Target.ofView(family))

    /**
     * Lets [function] give the value of one series from now on, at every collection, on whatever thread collects.
     * When it throws or gives null, the series is left out of that collection.
     */
    fun callback(vararg values: String, function: () -> Double?) = setCallback(values, function)
}

internal class GaugeUpdates(private val target: Target) : GaugeSeries {
    override fun set(value: Double) = target.handle().set(value)

    override fun increment(amount: Double) = target.handle().add(amount)

    override fun decrement(amount: Double) = target.handle().add(-amount)

    override val value: Double get() = target.read<Reading.Number>().value
}

/** Counts what is in [block] at this moment. */
inline fun <T> GaugeSeries.track(block: () -> T): T {
    increment()
    try {
        return block()
    } finally {
        decrement()
    }
}

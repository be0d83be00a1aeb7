package dev.metrion

import dev.metrion.ffi.Family
import dev.metrion.ffi.Reading

/** One series of a [Counter]. */
interface CounterSeries {
    /**
     * Adds [amount], which is not negative. [exemplar] are labels of this update, such as a trace's id.
     */
    fun increment(amount: Double = 1.0, exemplar: Map<String, String>? = null)

    /** What all threads together have added. */
    val value: Double
}

/** A number that only goes up. */
class Counter internal constructor(family: Family, target: Target) :
    Metric<CounterSeries, Counter>(family),
    CounterSeries by CounterUpdates(target) {
    internal constructor(family: Family) : this(family, Target.of(family))

    override fun child(target: Target): CounterSeries = CounterUpdates(target)

    override fun view(family: Family) = Counter(family, Target.ofView(family))

    /**
     * Lets [function] give the value of one series from now on, at every collection, on whatever thread collects.
     * When it throws or gives null, the series is left out of that collection.
     */
    fun callback(vararg values: String, function: () -> Double?) = setCallback(values, function)
}

internal class CounterUpdates(private val target: Target) : CounterSeries {
    override fun increment(amount: Double, exemplar: Map<String, String>?) =
        if (exemplar == null) target.handle().add(amount) else target.update(amount, exemplar)

    override val value: Double get() = target.read<Reading.Number>().value
}

package dev.metrion

import dev.metrion.ffi.Family
import dev.metrion.ffi.Reading

/** What observes values: histograms and summaries. */
interface Observing {
    /** Counts a value. */
    fun observe(value: Double)
}

/** Observes how many seconds [block] takes, also when it throws. Gives what the block gives. */
inline fun <T> Observing.time(block: () -> T): T {
    val began = System.nanoTime()
    try {
        return block()
    } finally {
        observe((System.nanoTime() - began) / 1e9)
    }
}

/** One series of a [Histogram]. */
interface HistogramSeries : Observing {
    /** Counts a value. [exemplar] are labels of this observation, such as a trace's id. */
    fun observe(value: Double, exemplar: Map<String, String>)

    /** What all threads together have observed. */
    val value: HistogramValue
}

/** Counts observations in buckets: classic ones, native ones, or both. */
class Histogram internal constructor(family: Family, target: Target) :
    Metric<HistogramSeries, Histogram>(family),
    HistogramSeries by HistogramUpdates(target) {
    internal constructor(family: Family) : this(family, Target.of(family))

    override fun child(target: Target): HistogramSeries = HistogramUpdates(target)

    override fun view(family: Family) = Histogram(family, Target.ofView(family))
}

internal class HistogramUpdates(private val target: Target) : HistogramSeries {
    override fun observe(value: Double) = target.handle().observe(value)

    override fun observe(value: Double, exemplar: Map<String, String>) = target.update(value, exemplar)

    override val value: HistogramValue
        get() = target.read<Reading.Histogram>().run { HistogramValue(counts, sum, native) }
}

/** One series of a [Summary]. */
interface SummarySeries : Observing {
    /** What all threads together have observed. */
    val value: SummaryValue
}

/** Quantiles of the observations of the last minutes, their sum and their count. */
class Summary internal constructor(family: Family, target: Target) :
    Metric<SummarySeries, Summary>(family),
    SummarySeries by SummaryUpdates(target) {
    internal constructor(family: Family) : this(family, Target.of(family))

    override fun child(target: Target): SummarySeries = SummaryUpdates(target)

    override fun view(family: Family) = Summary(family, Target.ofView(family))
}

internal class SummaryUpdates(private val target: Target) : SummarySeries {
    override fun observe(value: Double) = target.handle().observe(value)

    override val value: SummaryValue
        get() = target.read<Reading.Summary>().run { SummaryValue(quantiles, sum, count) }
}

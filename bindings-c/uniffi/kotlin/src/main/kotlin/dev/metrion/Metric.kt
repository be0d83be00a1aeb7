package dev.metrion

import dev.metrion.ffi.Family
import dev.metrion.ffi.Reading
import dev.metrion.ffi.Series

/**
 * A metric: all series of one name. The updates of a metric itself are those of its one series, when it has no
 * labels; else they are the error `label_mismatch`.
 */
abstract class Metric<S : Any, M> internal constructor(internal val family: Family) {
    private val children = Children(family, ::child)

    internal abstract fun child(target: Target): S

    internal abstract fun view(family: Family): M

    /**
     * The series with these label values, in the order of the label names; made when it is new. One that was kept and
     * then removed can still be updated, but shows nowhere.
     */
    fun labels(vararg values: String): S = children.byPlace(values.asList())

    /** The series with these labels, by name. */
    fun labels(labels: Map<String, String>): S = children.byName(labels)

    /** A view of the metric in which these labels have a fixed value. */
    fun curry(labels: Map<String, String>): M = pairs(labels).let { view(crossing { family.curry(it) }) }

    /** Removes one series; whether it was there. */
    fun remove(vararg values: String): Boolean = labelValues(values).let { crossing { family.remove(it) } }

    /** Removes every series that has these labels among its own; how many there were. */
    fun removeMatching(labels: Map<String, String>): Long =
        pairs(labels).let { crossing { family.removeMatching(it) } }.toLong()

    /** Removes all series. */
    fun clear() = crossing { family.clear() }

    /** Sets all series to zero, and their creation time to now. */
    fun reset() = crossing { family.reset() }

    /** How many series there are. */
    val seriesCount: Long get() = crossing { family.seriesCount() }.toLong()
}

/** Gives the series that updates are for. */
internal fun interface Target {
    fun handle(): Handle

    companion object {
        /** Of one series. */
        fun of(series: Series): Target {
            val handle = Handle(series)
            return Target { handle }
        }

        /** Of a metric: the one series that one without labels has as long as it is there. */
        fun of(family: Family): Target =
            if (family.openLabels().isEmpty()) of(family.labels(emptyList())) else ofView(family)

        /** Of a view, whose series may be removed and made anew; with open labels it has none. */
        fun ofView(family: Family) = Target { Handle(crossing { family.labels(emptyList()) }) }
    }
}

/** An update with an exemplar, for which there is no short way. */
internal fun Target.update(value: Double, exemplar: Map<String, String>) {
    val labels = pairs(exemplar)
    crossing { handle().core.updateWithExemplar(value, labels) }
}

internal inline fun <reified R : Reading> Target.read(): R =
    when (val reading = crossing { handle().core.read() }) {
        is R -> reading
        else -> throw MetrionException("internal", "internal error, please report it: a series of another type")
    }

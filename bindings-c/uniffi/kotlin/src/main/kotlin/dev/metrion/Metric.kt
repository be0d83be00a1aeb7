package dev.metrion

import dev.metrion.ffi.Family
import dev.metrion.ffi.Reading
import dev.metrion.ffi.Series

/**
 * A metric: all series of one name. The updates of a metric itself are those of its one series, when it has no
 * labels; else they are the error `label_mismatch`.
 */
abstract class Metric<S, M> internal constructor(internal val family: Family) {
    internal abstract fun child(target: Target): S

    internal abstract fun view(family: Family): M

    /**
     * The series with these label values, in the order of the label names; made when it is new. Keep it where it
     * is used often: looking up costs more than updating. A series that was removed can still be updated, but shows
     * nowhere.
     */
    fun labels(vararg values: String): S {
        val found = labelValues(values).let { crossing { family.labels(it) } }
        return child { found }
    }

    /** The series with these labels, by name. */
    fun labels(labels: Map<String, String>): S {
        val found = pairs(labels).let { crossing { family.labelsByName(it) } }
        return child { found }
    }

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
    fun series(): Series

    companion object {
        /** Of a metric: the one series that one without labels has as long as it is there. */
        fun of(family: Family): Target {
            if (family.openLabels().isNotEmpty()) return ofView(family)
            val only = family.labels(emptyList())
            return Target { only }
        }

        /** Of a view, whose series may be removed and made anew; with open labels it has none. */
        fun ofView(family: Family) = Target { family.labels(emptyList()) }
    }
}

internal fun Target.add(amount: Double, exemplar: Map<String, String>?) = update(amount, exemplar) { it.add(amount) }

internal fun Target.observe(value: Double, exemplar: Map<String, String>?) =
    update(value, exemplar) { it.observe(value) }

private inline fun Target.update(value: Double, exemplar: Map<String, String>?, plain: (Series) -> Unit) {
    if (exemplar == null) return crossing { plain(series()) }
    val labels = pairs(exemplar)
    crossing { series().updateWithExemplar(value, labels) }
}

internal inline fun <reified R : Reading> Target.read(): R =
    when (val reading = crossing { series().read() }) {
        is R -> reading
        else -> throw MetrionException("internal", "internal error, please report it: a series of another type")
    }

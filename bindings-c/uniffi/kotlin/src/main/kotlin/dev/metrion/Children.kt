package dev.metrion

import dev.metrion.ffi.Family
import dev.metrion.ffi.Series
import java.util.concurrent.ConcurrentHashMap

/**
 * The series of a metric that were looked up, by their label values: what is found here costs no call into the core but
 * the one that tells whether any series was removed. Then all are forgotten.
 */
internal class Children<S : Any>(private val family: Family, private val child: (Target) -> S) {
    private class Table<S : Any>(val generation: Long) {
        val children = ConcurrentHashMap<List<String>, S>()
    }

    private val generation = Generation(family)
    private val names = family.openLabels()

    @Volatile
    private var table = Table<S>(generation.now())

    fun byPlace(values: List<String>): S =
        find(values) { family.labels(values.map { text(it, "invalid_label_value", "a label value") }) }

    fun byName(labels: Map<String, String>): S {
        val values = names.mapNotNull { labels[it] }
        if (values.size == labels.size && values.size == names.size) return byPlace(values)
        // The core says what is wrong.
        val wrong = pairs(labels)
        return child(Target.of(crossing { family.labelsByName(wrong) }))
    }

    private inline fun find(values: List<String>, lookUp: () -> Series): S {
        // Before the lookup: a series that is removed after it is not kept.
        val now = generation.now()
        val table = table.takeIf { it.generation == now } ?: Table<S>(now).also { table = it }
        table.children[values]?.let { return it }
        val found = crossing(lookUp)
        val made = child(Target.of(found))
        if (!found.isOverflow()) table.children[values.toList()] = made
        return made
    }
}

package dev.metrion

import dev.metrion.ffi.Family
import dev.metrion.ffi.Reading

/** One series of an [Info]. */
interface InfoSeries {
    /** Says this, and nothing of what it said before. */
    fun set(info: Map<String, String>)

    /** What it says. */
    val value: Map<String, String>
}

/** Says this, and nothing of what it said before: `info.set("version" to "1.2")`. */
fun InfoSeries.set(vararg info: Pair<String, String>) = set(mapOf(*info))

/** Text about the program, as labels with the value 1. */
class Info internal constructor(family: Family, target: Target) :
    Metric<InfoSeries, Info>(family),
    InfoSeries by InfoUpdates(target) {
    internal constructor(family: Family) : this(family, Target.of(family))

    override fun child(target: Target): InfoSeries = InfoUpdates(target)

    override fun view(family: Family) = Info(family, Target.ofView(family))
}

internal class InfoUpdates(private val target: Target) : InfoSeries {
    override fun set(info: Map<String, String>) {
        val labels = pairs(info)
        crossing { target.handle().core.setInfo(labels) }
    }

    override val value: Map<String, String>
        get() = target.read<Reading.Info>().labels.associate { it.name to it.value }
}

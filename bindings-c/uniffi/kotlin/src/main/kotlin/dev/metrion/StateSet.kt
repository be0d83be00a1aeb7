package dev.metrion

import dev.metrion.ffi.Family
import dev.metrion.ffi.Reading

/** One series of a [StateSet]. */
interface StateSetSeries {
    /** Makes this state hold and no other. */
    fun set(state: String)

    /** Makes this state hold or not, whatever the others do. */
    fun set(state: String, holds: Boolean)

    /** The states that hold. */
    val value: List<String>
}

/** Which of some named states hold. */
class StateSet internal constructor(family: Family, target: Target) :
    Metric<StateSetSeries, StateSet>(family),
    StateSetSeries by StateSetUpdates(target) {
    internal constructor(family: Family) : this(family, Target.of(family))

    override fun child(target: Target): StateSetSeries = StateSetUpdates(target)

    override fun view(family: Family) = StateSet(family, Target.ofView(family))
}

internal class StateSetUpdates(private val target: Target) : StateSetSeries {
    override fun set(state: String) = crossing { target.handle().core.setOnly(state) }

    override fun set(state: String, holds: Boolean) = crossing { target.handle().core.setState(state, holds) }

    override val value: List<String> get() = target.read<Reading.States>().states
}

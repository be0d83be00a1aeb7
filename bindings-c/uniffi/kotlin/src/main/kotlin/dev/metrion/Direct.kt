package dev.metrion

import com.sun.jna.Native
import dev.metrion.ffi.Family
import dev.metrion.ffi.Series
import java.lang.ref.Reference

/**
 * The library's plain functions of C, under their own names as JNA needs them: it calls one in a hundredth of the time
 * that a method through uniffi takes.
 */
private object Direct {
    init {
        Native.register(Direct::class.java, "metrion_uniffi")
    }

    external fun metrion_direct_add(series: Long, amount: Double): Int

    external fun metrion_direct_set(series: Long, value: Double): Int

    external fun metrion_direct_observe(series: Long, value: Double): Int

    external fun metrion_direct_generation(family: Long): Long
}

/**
 * A series with the short way to its updates. Nobody else has [core], so that nobody can close it while its address
 * is used; the fences keep it from the garbage collector.
 */
internal class Handle(val core: Series) {
    private val address = core.address().toLong()

    fun add(amount: Double) {
        val done = Direct.metrion_direct_add(address, amount)
        Reference.reachabilityFence(core)
        if (done == 0) crossing { core.add(amount) }
    }

    fun set(value: Double) {
        val done = Direct.metrion_direct_set(address, value)
        Reference.reachabilityFence(core)
        if (done == 0) crossing { core.set(value) }
    }

    fun observe(value: Double) {
        val done = Direct.metrion_direct_observe(address, value)
        Reference.reachabilityFence(core)
        if (done == 0) crossing { core.observe(value) }
    }
}

/** Tells whether series of a family were removed. */
internal class Generation(private val family: Family) {
    private val address = family.address().toLong()

    fun now(): Long {
        val now = Direct.metrion_direct_generation(address)
        Reference.reachabilityFence(family)
        return now
    }
}

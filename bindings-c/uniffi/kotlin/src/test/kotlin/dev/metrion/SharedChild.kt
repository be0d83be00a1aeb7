package dev.metrion

import kotlin.concurrent.thread
import kotlin.io.path.Path

/** What each process of [SharedTest] counts: in four threads. */
internal fun count(registry: Registry, rounds: Int) {
    val jobs = registry.counter("jobs", labels = listOf("queue"))
    val inFlight = registry.gauge("in_flight", mode = GaugeMode.UP_DOWN)
    val seconds = registry.timer("job")
    val threads =
        List(4) { number ->
            thread {
                repeat(rounds) {
                    inFlight.track { seconds.observe(0.25) }
                    jobs.labels((number % 2).toString()).increment()
                }
            }
        }
    threads.forEach { it.join() }
}

/** Says a number in a gauge of each mode that has a value for each process. */
internal fun say(registry: Registry, number: Double) =
    GaugeMode.entries.filter { it != GaugeMode.UP_DOWN }.forEach { mode ->
        registry.gauge("g_${mode.word}", mode = mode).set(number)
    }

/** Another process of [SharedTest]: `count FILE ROUNDS`, `say FILE NUMBER`, `remove FILE`, `default`. */
fun main(arguments: Array<String>) {
    val (what, file) = arguments
    val registry = if (what == "default") Registry.default else Registry(shared = Path(file))
    when (what) {
        "count" -> count(registry, arguments[2].toInt())
        "say" -> {
            say(registry, arguments[2].toDouble())
            registry.gauge("waiting", mode = GaugeMode.UP_DOWN).increment()
        }
        "remove" -> registry.counter("jobs", labels = listOf("queue")).clear()
        "default" -> registry.counter("by_default").increment()
        else -> error("what is $what?")
    }
    println("done")
    // The parent closes it when it has looked.
    System.`in`.readAllBytes()
}

import dev.metrion.MetricOptions
import dev.metrion.NativeOptions
import dev.metrion.Registry
import dev.metrion.set
import dev.metrion.time

/** A worker that counts its jobs, and serves its metrics: the port is the first argument. */
fun main(arguments: Array<String>) {
    val registry = Registry.default
    registry.registerProcess()

    val labels = listOf("queue", "outcome")
    val jobs = registry.counter("jobs", "Jobs by queue and outcome.", labels, MetricOptions(maxSeries = 1000))
    val waiting = registry.gauge("jobs_waiting", "Jobs in the queue.", listOf("queue"))
    val native = NativeOptions(factor = 1.1)
    val duration = registry.timer("job_duration", "Time that jobs took.", listOf("queue"), native = native)
    registry.info("worker", "The worker.").set("version" to "1.0", "kotlin" to KotlinVersion.CURRENT.toString())

    registry.serve(port = arguments.firstOrNull()?.toInt() ?: 9464).use { server ->
        println("http://127.0.0.1:${server.port}/metrics")

        val queue = ArrayDeque(List(10) { it })
        waiting.callback("mail") { queue.size.toDouble() }
        while (queue.isNotEmpty()) {
            val job = queue.removeFirst()
            duration.labels("mail").time {
                val outcome = if (job % 5 == 0) "failed" else "done"
                jobs.labels("mail", outcome).increment(exemplar = mapOf("job" to job.toString()))
            }
        }
        // Until whoever started it says that it is enough.
        System.`in`.readAllBytes()
    }
}

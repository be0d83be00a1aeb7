package dev.metrion

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledOnOs
import org.junit.jupiter.api.condition.OS
import org.junit.jupiter.api.io.TempDir
import java.io.RandomAccessFile
import java.net.URI
import java.nio.file.Files
import java.nio.file.Path

/** A registry in several processes: each of the others is a JVM of its own. */
@EnabledOnOs(OS.LINUX)
class SharedTest {
    @TempDir
    lateinit var folder: Path

    private val file: Path by lazy { folder.resolve("registry") }

    private fun start(what: String, vararg more: String): Process {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val classes = System.getProperty("java.class.path")
        val command = listOf(java, "-cp", classes, "dev.metrion.SharedChildKt", what, file.toString()) + more
        val builder = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT)
        if (what == "default") builder.environment()["METRION_SHARED"] = file.toString()
        return builder.start()
    }

    private fun Process.awaitDone() = assertEquals("done", inputReader().readLine())

    private fun Process.finish() {
        outputStream.close()
        assertEquals(0, waitFor())
    }

    private fun run(what: String, vararg more: String) =
        start(what, *more).run {
            awaitDone()
            finish()
        }

    @Test
    fun `two processes count in one file and any answers for both`() {
        val rounds = 5_000
        val other = start("count", rounds.toString())
        val registry = Registry(shared = file)
        count(registry, rounds)
        other.awaitDone()
        other.finish()
        val later = Registry(shared = file)
        listOf(registry, later).forEach {
            val jobs = it.counter("jobs", labels = listOf("queue"))
            assertEquals(listOf(20_000.0, 20_000.0), listOf("0", "1").map { queue -> jobs.labels(queue).value })
            assertEquals(0.0, it.gauge("in_flight", mode = GaugeMode.UP_DOWN).value)
            assertEquals(10_000.0, it.timer("job").value.sum)
        }
        later.serve().use { server ->
            val page = URI("http://127.0.0.1:${server.port}/metrics").toURL().readText()
            assertTrue("jobs_total{queue=\"0\"} 20000\n" in page, page)
            assertTrue("job_seconds_count 40000\n" in page, page)
        }
        run("remove")
        registry.counter("jobs", labels = listOf("queue")).labels("0").increment()
        assertTrue("jobs_total{queue=\"0\"} 1\n" in later.text(), later.text())
    }

    @Test
    fun `gauges by mode`() {
        val registry = Registry(shared = file)
        say(registry, 2.0)
        val other = start("say", "7")
        other.awaitDone()
        val waiting = registry.gauge("waiting", mode = GaugeMode.UP_DOWN)
        waiting.increment(3.0)
        fun shown(): Map<String, Double> =
            registry.text().lines().filter { it.isNotEmpty() && !it.startsWith("#") }.associate {
                it.substringBeforeLast(' ') to it.substringAfterLast(' ').toDouble()
            }
        fun number(word: String) = shown()["g_$word"]
        val words = listOf("last", "min", "max", "sum", "mostrecent")
        assertEquals(listOf(7.0, 2.0, 7.0, 9.0, 7.0), words.map(::number))
        val live = listOf("livemin", "livemax", "livesum", "livemostrecent")
        assertEquals(listOf(2.0, 7.0, 9.0, 7.0), live.map(::number))
        val here = ProcessHandle.current().pid()
        listOf("all", "liveall").forEach {
            assertEquals(7.0, number("$it{pid=\"${other.pid()}\"}"))
            assertEquals(2.0, number("$it{pid=\"$here\"}"))
        }
        assertEquals(4.0, waiting.value)
        other.finish()
        assertEquals(listOf(7.0, 2.0, 7.0, 9.0, 7.0), words.map(::number))
        assertEquals(listOf(2.0, 2.0, 2.0, 2.0), live.map(::number))
        assertEquals(listOf(7.0, null), listOf("all", "liveall").map { number("$it{pid=\"${other.pid()}\"}") })
        assertEquals(3.0, waiting.value)
    }

    @Test
    fun `the registry of the process by the environment`() {
        val registry = Registry(shared = file)
        repeat(2) { run("default") }
        assertTrue("by_default_total 2\n" in registry.text(), registry.text())
    }

    private fun change(at: Long) =
        RandomAccessFile(file.toFile(), "rw").use {
            it.seek(at)
            it.write(0xff)
        }

    @Test
    fun errors() {
        fun code(moveDamagedAside: Boolean = false, shared: Path = file) =
            assertThrows(MetrionException::class.java) {
                Registry(shared = shared, moveDamagedAside = moveDamagedAside)
            }.code
        Registry(shared = file).close()
        // The version is behind the eight bytes by which the file is known.
        change(8)
        assertEquals("other_version", code())
        change(0)
        assertEquals("damaged", code())
        Registry(shared = file, moveDamagedAside = true).counter("c").increment()
        assertTrue(Files.exists(folder.resolve("registry.damaged-1")))
        assertEquals("io", code(shared = folder.resolve("no/registry")))
        assertEquals("invalid_value", code(shared = Path.of("")))
    }
}

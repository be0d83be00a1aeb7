package dev.metrion

import com.sun.net.httpserver.HttpServer
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.net.ConnectException
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

/** What a program does with it, beside what the vectors cover. */
class ApiTest {
    private val registry = Registry()

    @Test
    fun `labels by place and by name are the same series`() {
        val counter = registry.counter("requests", "Requests.", listOf("method", "status"))
        counter.labels("GET", "200").increment()
        counter.labels(mapOf("status" to "200", "method" to "GET")).increment(2.0)
        assertSame(counter.labels("GET", "200"), counter.labels(mapOf("method" to "GET", "status" to "200")))
        assertEquals(3.0, counter.labels("GET", "200").value)
        assertEquals(1, counter.seriesCount)
    }

    @Test
    fun `a series that was removed is found anew`() {
        val counter = registry.counter("requests", labels = listOf("method"))
        val kept = counter.labels("GET")
        counter.remove("GET")
        kept.increment(5.0)
        counter.labels("GET").increment()
        assertEquals(1.0, counter.labels("GET").value)
    }

    @Test
    fun `what is past the limit is not kept`() {
        val counter = registry.counter("requests", labels = listOf("method"), options = MetricOptions(maxSeries = 1))
        counter.labels("GET").increment()
        repeat(2) { counter.labels("PUT").increment() }
        counter.remove("GET")
        counter.labels("PUT").increment()
        assertEquals(1.0, counter.labels("PUT").value)
    }

    @Test
    fun `an array of label values can change after it was looked up`() {
        val counter = registry.counter("requests", labels = listOf("method"))
        val values = arrayOf("GET")
        counter.labels(*values).increment()
        values[0] = "PUT"
        counter.labels(*values).increment()
        assertEquals(listOf(1.0, 1.0), listOf("GET", "PUT").map { counter.labels(it).value })
    }

    @Test
    fun timers() {
        val timer = registry.timer("work", "Time.")
        assertEquals("done", timer.time { "done" })
        assertThrows(NoSuchElementException::class.java) { timer.time { throw NoSuchElementException() } }
        assertEquals(2.0, timer.value.counts.sum())
        assertTrue("work_seconds_count 2" in registry.text())
        val summary = registry.summary("sizes", objectives = listOf(0.5 to 0.05))
        summary.time { }
        assertEquals(1.0, summary.value.count)
    }

    @Test
    fun gauges() {
        val gauge = registry.gauge("in_flight")
        gauge.track { assertEquals(1.0, gauge.value) }
        gauge.set(7.0)
        gauge.decrement(2.0)
        assertEquals(5.0, gauge.value)
        gauge.callback { 42.0 }
        assertTrue("in_flight 42\n" in registry.text())
        gauge.callback { throw StackOverflowError() }
        assertFalse("in_flight 42" in registry.text())
    }

    @Test
    fun `infos and states`() {
        registry.info("build").set("version" to "1.2")
        assertTrue("build_info{version=\"1.2\"} 1" in registry.text())
        val states = registry.stateSet("phase", states = listOf("starting", "ready"))
        states.set("ready", true)
        assertEquals(listOf("starting", "ready"), states.value)
        states.set("starting", false)
        assertEquals(listOf("ready"), states.value)
    }

    @Test
    fun collectors() {
        val registration =
            registry.register {
                val mail = CollectedSeries(values = listOf("mail"), row = listOf(3.0))
                val labels = listOf("name")
                listOf(CollectedFamily(FamilyType.GAUGE, "queue", "Jobs.", labelNames = labels, series = listOf(mail)))
            }
        assertTrue("queue{name=\"mail\"} 3\n" in registry.text())
        registry.unregister(registration)
        assertEquals("", registry.text())
        var fails = false
        registry.register { if (fails) throw StackOverflowError() else emptyList() }
        fails = true
        assertEquals("", registry.text())
        assertThrows(MetrionException::class.java) { registry.register { error("broken \ud800") } }
    }

    @Test
    fun `the server calls collectors`() {
        registry.counter("requests").increment()
        val calls = AtomicInteger()
        registry.register {
            calls.incrementAndGet()
            emptyList()
        }
        val server = registry.serve()
        val request =
            HttpRequest.newBuilder(URI("http://127.0.0.1:${server.port}/metrics"))
                .header("Accept", "application/openmetrics-text")
                .build()
        val client = HttpClient.newHttpClient()
        val answer = client.send(request, HttpResponse.BodyHandlers.ofString())
        assertEquals(200, answer.statusCode())
        assertTrue("application/openmetrics-text" in answer.headers().firstValue("content-type").get())
        assertTrue(answer.body().endsWith("requests_total 1.0\n# EOF\n"), answer.body())
        assertEquals(2, calls.get())
        server.close()
        assertThrows(ConnectException::class.java) { client.send(request, HttpResponse.BodyHandlers.ofString()) }
    }

    @Test
    fun `a server that nobody has goes on`() {
        val port = List(10) { registry.serve().port }.last()
        repeat(3) { System.gc() }
        val request = HttpRequest.newBuilder(URI("http://127.0.0.1:$port/metrics")).build()
        assertEquals(200, HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
    }

    @Test
    fun `pushing sends the registry`() {
        registry.counter("jobs").increment()
        val pushed = mutableListOf<String>()
        val gateway = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
        gateway.createContext("/") { exchange ->
            val body = exchange.requestBody.readAllBytes().toString(Charsets.UTF_8)
            pushed += "${exchange.requestMethod} ${exchange.requestURI} $body"
            exchange.sendResponseHeaders(200, -1)
            exchange.close()
        }
        gateway.start()
        val target = PushTarget("http://127.0.0.1:${gateway.address.port}", "nightly", mapOf("shard" to "1"))
        registry.push(target)
        Registry.deletePushed(target)
        gateway.stop(0)
        assertEquals(2, pushed.size)
        assertTrue(pushed[0].startsWith("PUT /metrics/job/nightly/shard/1 "), pushed[0])
        assertTrue("jobs_total 1\n" in pushed[0], pushed[0])
        assertTrue(pushed[1].startsWith("DELETE /metrics/job/nightly/shard/1 "), pushed[1])
    }

    @Test
    fun `what a request asks for`() {
        registry.counter("requests").increment()
        assertEquals(0, registry.scrape(query = "name[]=other").body.size)
        assertEquals("gzip", registry.scrape(acceptEncoding = "gzip").contentEncoding)
        assertTrue("application/json" in registry.encode(Format.JSON).contentType)
    }

    @Test
    fun `the registry of the process`() {
        assertSame(Registry.default, Registry.default)
        val registration = Registry.default.registerProcess()
        assertTrue("process_open_fds" in Registry.default.text())
        Registry.default.unregister(registration)
    }

    @Test
    fun `threads and garbage`() {
        val counter = registry.counter("c", labels = listOf("thread"))
        val threads =
            List(4) { number ->
                thread { repeat(20_000) { counter.labels((number % 2).toString()).increment() } }
            }
        repeat(2_000) { registry.counter("c", labels = listOf("thread")).labels("0") }
        System.gc()
        threads.forEach { it.join() }
        assertEquals(listOf(40_000.0, 40_000.0), listOf("0", "1").map { counter.labels(it).value })
    }
}

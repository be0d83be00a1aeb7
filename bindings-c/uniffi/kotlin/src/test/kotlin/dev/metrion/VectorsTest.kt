package dev.metrion

import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.io.File

private val FOLDER = File("../../../core/conformance/vectors")
private val AREAS =
    (
        "collectors counter created errors exemplars expiry filter formats gauge histogram info labels limits names " +
            "native numbers parsing registry removal reset serving state_set summary"
    ).split(" ")
private val CREATE = """{"op": "create", "type": "counter", "id": "c", "name": "c"}"""
private val TEXT = """{"text": ["# TYPE c_total counter", "c_total 0"]}"""

/** The conformance vectors, each as a test of its own. */
class VectorsTest {
    private val files = FOLDER.walk().filter(File::isFile).sorted().toList()

    @TestFactory
    fun vectors(): List<DynamicTest> =
        files.map { file ->
            val area = file.parentFile.name
            DynamicTest.dynamicTest("$area/${file.name}") {
                assertEquals("json", file.extension)
                ran.merge(area, 1, Int::plus)
                VectorCase.run(json(file.readText()))
                passed.merge(area, 1, Int::plus)
            }
        }

    @Test
    fun `there are vectors in each area and in no other`() {
        assertEquals(AREAS, files.map { it.parentFile.name }.distinct().sorted())
    }

    @Test
    fun `what is wrong fails`() {
        val run = { operations: String ->
            VectorCase.run(json("""{"description": "", "operations": [$operations], "expect": $TEXT}"""))
        }
        run(CREATE)
        listOf(
            """{"op": "increase", "on": "c"}""",
            """{"op": "bind", "id": "d"}""",
            """{"op": "inc", "on": "c", "by": 2}""",
            """{"op": "inc"}""",
            """{"op": "inc", "on": "unbound"}""",
            """{"op": "inc", "on": "c", "error": "io"}""",
            """{"op": "add", "on": "c", "value": -1, "error": "io"}""",
            """{"op": "expect_values", "values": {"c": 1}}""",
            """{"op": "expect_values", "values": {"c": "-0"}}""",
            """{"op": "expect_text", "text": []}""",
            """{"op": "create", "type": "counter", "id": "d", "name": "d", "mode": "last"}""",
        ).forEach { operation ->
            assertThrows(Broken::class.java, { run("$CREATE, $operation") }, operation)
        }
        assertThrows(Broken::class.java) {
            VectorCase.run(json("""{"description": "", "operations": [], "expect": {}}"""))
        }
    }

    companion object {
        private val ran = AREAS.associateWithTo(mutableMapOf()) { 0 }
        private val passed = AREAS.associateWithTo(mutableMapOf()) { 0 }

        @AfterAll
        @JvmStatic
        fun report() {
            val folder = System.getenv("METRION_VECTOR_REPORT") ?: return
            val areas = AREAS.joinToString { area ->
                """"$area": {"ran": ${ran[area]}, "passed": ${passed[area]}}"""
            }
            File(folder).mkdirs()
            File(folder, "kotlin.json").writeText("""{"calls": {$areas}}""")
        }
    }
}

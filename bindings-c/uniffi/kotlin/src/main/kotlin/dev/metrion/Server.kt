package dev.metrion

import dev.metrion.ffi.Server as CoreServer

/** A running HTTP server: see [Registry.serve]. It goes on, also when nobody has it any more, until it is closed. */
class Server internal constructor(private val core: CoreServer) : AutoCloseable {
    /** The port on which it listens. */
    val port: Int = core.port().toInt()

    init {
        core.warning()?.let { System.getLogger("dev.metrion").log(System.Logger.Level.WARNING, it) }
    }

    /** Sends the answers that are under way, 5 seconds at most, and frees the port. Again, it does nothing. */
    override fun close() {
        core.stop()
    }
}

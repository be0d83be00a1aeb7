package dev.metrion

import dev.metrion.ffi.CoreException
import dev.metrion.ffi.InternalException
import java.nio.charset.CharacterCodingException

/**
 * Every error of this library.
 *
 * @property code What was wrong: `metric_exists`, `label_mismatch` ... It is the same in every language, and stays
 * when messages change.
 */
class MetrionException(val code: String, message: String, cause: Throwable? = null) : RuntimeException(message, cause)

/** Runs a call into the core, and makes its errors those of this library. */
internal inline fun <T> crossing(call: () -> T): T =
    try {
        call()
    } catch (error: CoreException.Refused) {
        throw MetrionException(error.code, error.reason, error)
    } catch (error: InternalException) {
        throw MetrionException("internal", "internal error, please report it: ${error.message}", error)
    } catch (error: CharacterCodingException) {
        throw MetrionException("invalid_value", "a text with a lone surrogate", error)
    } catch (error: IllegalStateException) {
        // What the generated classes throw for an object that was closed.
        throw MetrionException("not_found", error.message ?: "it was closed already", error)
    }

package dev.metrion

/** A clock that shows what a test sets. */
typealias ManualClock = dev.metrion.ffi.ManualClock

/** The formats in which a registry is written. */
typealias Format = dev.metrion.ffi.Format

/** An encoded registry: the bytes, and the headers that go with them. */
typealias Page = dev.metrion.ffi.Page

/** What HTTPS needs: files in PEM. */
typealias ServerTls = dev.metrion.ffi.ServerTls

/** A collector that is registered: see [Registry.register]. */
typealias Registration = dev.metrion.ffi.Registration

/** A family that a collector gives. */
typealias CollectedFamily = dev.metrion.ffi.CollectedFamily

/** One series of a family that a collector gives. */
typealias CollectedSeries = dev.metrion.ffi.CollectedSeries

/** An update that stands for others. */
typealias CollectedExemplar = dev.metrion.ffi.CollectedExemplar

/** The types of families that a collector gives. */
typealias FamilyType = dev.metrion.ffi.FamilyType

/** A name and a value, of a label. */
typealias Label = dev.metrion.ffi.Label

/** The native buckets of a histogram. */
typealias NativeHistogram = dev.metrion.ffi.NativeHistogram

/** The index and the count of a native bucket that is not empty. */
typealias NativeBucket = dev.metrion.ffi.NativeBucket

/**
 * What a histogram reads.
 *
 * @property counts Of each bucket alone, the one to infinity last.
 * @property sum Of the observations.
 * @property native Its native buckets, if it has them.
 */
data class HistogramValue(val counts: List<Double>, val sum: Double, val native: NativeHistogram?)

/**
 * What a summary reads.
 *
 * @property quantiles The value of each objective, NaN when there is none.
 * @property sum Of the observations.
 * @property count Of the observations.
 */
data class SummaryValue(val quantiles: List<Double>, val sum: Double, val count: Double)

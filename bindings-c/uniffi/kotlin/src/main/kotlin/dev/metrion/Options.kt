package dev.metrion

import dev.metrion.ffi.FamilyOptions
import dev.metrion.ffi.HistogramOptions
import dev.metrion.ffi.Objective
import dev.metrion.ffi.PushOptions
import dev.metrion.ffi.SummaryOptions
import dev.metrion.ffi.NativeOptions as CoreNativeOptions

/**
 * What few metrics need.
 *
 * @property namespace What the name begins with, before an underscore.
 * @property subsystem What follows the namespace.
 * @property unit The base unit, for instance `seconds`: the name ends with it.
 * @property constantLabels Labels with one value for the whole metric.
 * @property maxSeries At most that many series; what comes past it is counted in one overflow series.
 * @property expireAfterSeconds Series that did not change for that long are left out until they do.
 */
data class MetricOptions(
    val namespace: String = "",
    val subsystem: String = "",
    val unit: String = "",
    val constantLabels: Map<String, String> = emptyMap(),
    val maxSeries: Long? = null,
    val expireAfterSeconds: Double? = null,
)

/**
 * How a histogram counts in native (exponential) buckets. What is null is as in Prometheus' Go client.
 *
 * @property schema The resolution, -4 to 8.
 * @property factor The growth from one bucket to the next, above 1, in place of [schema].
 * @property maxBuckets At most that many buckets.
 * @property zeroThreshold Up to which absolute value observations are in the zero bucket.
 * @property maxZeroThreshold How far the zero bucket may be widened.
 * @property minResetSeconds After how many seconds a full histogram may be reset.
 */
data class NativeOptions(
    val schema: Int? = null,
    val factor: Double? = null,
    val maxBuckets: Long? = null,
    val zeroThreshold: Double? = null,
    val maxZeroThreshold: Double? = null,
    val minResetSeconds: Double? = null,
)

/**
 * Where a group of metrics is pushed.
 *
 * @property url The Pushgateway's address, `https://host:9091`.
 * @property job The value of the label `job`.
 * @property grouping The other labels of the group.
 * @property add Whether metrics of other names stay that the group has already.
 * @property user The user's name, for a gateway that asks for one.
 * @property password Their password.
 * @property timeoutSeconds How long all of it may take; 30 seconds by default.
 */
class PushTarget(
    val url: String,
    val job: String,
    val grouping: Map<String, String> = emptyMap(),
    val add: Boolean = false,
    val user: String? = null,
    val password: String? = null,
    val timeoutSeconds: Double? = null,
) {
    internal fun toCore() = PushOptions(url, job, pairs(grouping), add, user, password, timeoutSeconds)
}

internal fun MetricOptions.toCore(name: String, help: String, labels: List<String>) =
    FamilyOptions(
        name = name(name, "the name"),
        help = name(help, "the help"),
        namespace = name(namespace, "the namespace"),
        subsystem = name(subsystem, "the subsystem"),
        unit = name(unit, "the unit"),
        labelNames = names(labels, "the label names"),
        constantLabels = pairs(constantLabels),
        maxSeries = maxSeries,
        expireAfterSeconds = expireAfterSeconds,
    )

internal fun histogramOptions(family: FamilyOptions, buckets: List<Double>?, native: NativeOptions?, timer: Boolean) =
    HistogramOptions(
        family,
        buckets,
        native?.run {
            CoreNativeOptions(schema, factor, maxBuckets, zeroThreshold, maxZeroThreshold, minResetSeconds)
        },
        timer,
    )

internal fun summaryOptions(
    family: FamilyOptions,
    objectives: List<Pair<Double, Double>>,
    maxAgeSeconds: Double?,
    ageBuckets: Long?,
) = SummaryOptions(
    family,
    objectives.map { (quantile, error) -> Objective(quantile, error) },
    maxAgeSeconds,
    ageBuckets,
)

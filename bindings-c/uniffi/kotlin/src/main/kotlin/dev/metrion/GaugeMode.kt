package dev.metrion

/**
 * How a gauge counts, and what becomes of several processes' values in a registry that they share.
 *
 * All but the first two keep a value for each process; in a registry of one process they are as [LAST_VALUE].
 */
enum class GaugeMode(internal val word: String) {
    /** The last value that was set, by whatever process. */
    LAST_VALUE("last"),

    /**
     * Only added to and subtracted from: for things in flight. What a process has in flight when it ends is dropped.
     */
    UP_DOWN("up_down"),

    /** A series for each process, told apart by the label `pid`. */
    ALL("all"),

    /** The same of processes that live. */
    LIVE_ALL("liveall"),

    /** The least value. */
    MIN("min"),

    /** The least value of processes that live. */
    LIVE_MIN("livemin"),

    /** The greatest value. */
    MAX("max"),

    /** The greatest value of processes that live. */
    LIVE_MAX("livemax"),

    /** The sum of the values. */
    SUM("sum"),

    /** The sum of the values of processes that live. */
    LIVE_SUM("livesum"),

    /** The value that was set last. */
    MOST_RECENT("mostrecent"),

    /** The value that was set last by a process that lives. */
    LIVE_MOST_RECENT("livemostrecent"),
}

"""
The native part of the package `metrion`. Programs import from that.
"""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Any, ClassVar, Final, Literal, SupportsIndex, final

from _typeshed import Incomplete, SupportsGetItem
from typing_extensions import Self, disjoint_base

from metrion._gateway import ClientTls
from metrion._helpers import ExceptionCounter, InprogressTracker, Timer
from metrion._server import Tls
from metrion._values import (
    CardinalityReport,
    Finding,
    GaugeMode,
    NativeHistogram,
    NativeHistogramOptions,
    Page,
    PlacedExemplar,
    SummaryValue,
)
from metrion.metrics_core import Collector, Metric

__all__ = [
    "CONTENT_TYPE_LATEST",
    "__version__",
    "REGISTRY",
    "Checkpoint",
    "CollectorRegistry",
    "Counter",
    "Enum",
    "FamiliesOf",
    "Gauge",
    "GraphiteBridge",
    "Histogram",
    "HttpServer",
    "Info",
    "ManualClock",
    "MetricWrapperBase",
    "ProcessReader",
    "RestrictedRegistry",
    "Summary",
    "check_exposition",
    "client_page",
    "compare",
    "count_series",
    "disable_created_metrics",
    "enable_created_metrics",
    "encode",
    "end_process",
    "escape_label_name",
    "escape_metric_name",
    "float_to_go_string",
    "generate_latest",
    "is_classic_name",
    "lint",
    "negotiated_content_type",
    "parse",
    "parse_families",
    "push_request",
    "register_with_first_use",
    "render",
    "run_command",
    "send_push",
    "set_process_number",
    "stands_for_folder",
    "uses_created_metrics",
    "write_page",
]

CONTENT_TYPE_LATEST: Final[str]
__version__: Final[str]

REGISTRY: Final[CollectorRegistry]
"""
The registry that metrics are in when none is given.
"""

@final
class Checkpoint:
    """
    What a registry has at one moment.
    """
    def __new__(cls, /, registry: CollectorRegistry) -> Self: ...
    def go_back(self, /) -> None:
        """
        Makes the registry what it was.
        """

@disjoint_base
class CollectorRegistry:
    """
    A set of metrics that are exposed together. Programs usually need only `metrion.REGISTRY`; tests are
    easier with one of their own.

    - `auto_describe` asks collectors without `describe()` for their names by collecting them once, when
      they are registered.
    - `target_info`: labels that describe the program; see `set_target_info`.
    - `support_collectors_without_names` changes nothing: they always show.
    - `constant_labels`: labels with one value for every metric of the registry.
    - `self_metrics` adds metrics about the registry itself: its series and memory, its collections, and
      what was dropped.
    - `utf8_names` allows metric and label names of any text that is not empty.
    - `exemplars_from_spans` gives updates of counters and histograms without an exemplar the current
      span of OpenTelemetry as one, if it is sampled and the package is installed.
    - `max_entries` bounds how many metrics, series, and exemplars and the like of a series there is room
      for, rounded up to a power of two; 262,144 by default.
    - `clock`: a `metrion.testing.ManualClock`, for tests; `python_time` takes the time from
      `time.time()`.
    - `shared`: a file in which any number of processes, of whatever language, have this registry together:
      any of them shows what all did. It is made when it is not there, best in a file system in memory such as
      `/dev/shm`; Linux only. Private memory is the default.
    - `move_damaged_aside` gives such a file another name (`.damaged-1`), and makes a new one, when it is
      damaged or of another version of Metrion.
    - `fork`: with `share`, the children that the process forks have the registry together with it; with
      `separate`, the default, each goes on with a copy of its own.

    Raises a `MetrionError`: `invalid_name` or `reserved_name` for names of labels; for a shared file
    `damaged`, `other_version`, `unsupported` on other systems than 64-bit Linux, and `io`, also an
    `OSError`, when it cannot be opened or is somebody else's; `invalid_value` for other words.

    >>> from metrion import CollectorRegistry, Counter, generate_latest
    >>> registry = CollectorRegistry(constant_labels={"service": "orders"})
    >>> Counter("requests", "Requests.", registry=registry).inc()
    >>> print(generate_latest(registry).decode(), end="")
    # HELP requests_total Requests.
    # TYPE requests_total counter
    requests_total{service="orders"} 1

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first, second = (CollectorRegistry(shared=os.path.join(folder, "orders")) for _ in range(2))
    ...     Counter("requests", "Requests.", registry=first).inc()
    ...     second.get_sample_value("requests_total")
    1.0
    """
    def __new__(
        cls,
        /,
        auto_describe: bool = False,
        target_info: Mapping[str, str] | None = None,
        support_collectors_without_names: bool = False,
        *,
        constant_labels: Mapping[str, object] | None = None,
        self_metrics: bool = False,
        utf8_names: bool = False,
        exemplars_from_spans: bool = False,
        max_entries: int | None = None,
        clock: ManualClock | None = None,
        python_time: bool = False,
        shared: str | PathLike[str] | None = None,
        move_damaged_aside: bool = False,
        fork: Literal["separate", "share"] | None = None,
    ) -> Self: ...
    def cardinality(self, /, top: int = 10, recent_seconds: float = 3600.0) -> CardinalityReport:
        """
        Which metrics and which labels have most series, the first `top` of each, and how many series
        began within the last `recent_seconds`.

        >>> from metrion import CollectorRegistry, Counter
        >>> registry = CollectorRegistry()
        >>> hits = Counter("hits", "Hits.", ["page"], registry=registry)
        >>> for page in "/", "/help":
        ...     hits.labels(page).inc()
        >>> [(family.name, family.series) for family in registry.cardinality().families]
        [('hits', 2)]
        """
    def collect(self, /) -> list[Metric]:
        """
        All metrics with their samples now, as `metrion.metrics_core.Metric` objects.
        """
    def get_exemplars(self, /, name: str) -> list[PlacedExemplar]:
        """
        The exemplars of the metric that has this name or a sample with it, for tests.
        """
    def get_sample_value(
        self, /, name: str, labels: Mapping[str, object] | None = None
    ) -> float | None:
        """
        The value of one sample, for tests: `get_sample_value("x_total", {"a": "b"})`. None when there is
        no sample of that name with these labels and no others.
        """
    def get_target_info(self, /) -> dict[str, str] | None:
        """
        What `target_info` says; None when there is none.
        """
    def register(self, /, collector: Collector) -> None:
        """
        Adds a collector: an object with a method `collect()` that gives `Metric` objects at every
        collection, and perhaps one `describe()` that gives the same without samples. One that raises, or
        gives anything else, is left out of that collection and counted, and the log tells of the first
        time; the others are served. More than 100,000 families are cut off. One with an attribute
        `is_of_process` that is true tells of this process alone: in a registry that processes share its
        samples get the label `pid`.

        Raises a `MetrionError` (`metric_exists`) when it describes a name that is taken.

        >>> from metrion import CollectorRegistry
        >>> from metrion.metrics_core import GaugeMetricFamily
        >>> class Disks:
        ...     def collect(self):
        ...         free = GaugeMetricFamily("disk_free_bytes", "Free space.", labels=["disk"])
        ...         free.add_metric(["sda"], 12e9)
        ...         yield free
        >>> registry = CollectorRegistry()
        >>> registry.register(Disks())
        >>> registry.get_sample_value("disk_free_bytes", {"disk": "sda"})
        12000000000.0
        """
    def restricted_registry(self, /, names: Iterable[str]) -> RestrictedRegistry:
        """
        The metrics that have one of these names or a sample with one. It can be given wherever a registry is
        read: `generate_latest`, `encode`, `start_http_server`.

        >>> from metrion import CollectorRegistry, Gauge, generate_latest
        >>> registry = CollectorRegistry()
        >>> for name in "first", "second":
        ...     Gauge(name, "For example.", registry=registry).set(1)
        >>> print(generate_latest(registry.restricted_registry(["second"])).decode(), end="")
        # HELP second For example.
        # TYPE second gauge
        second 1
        """
    def set_target_info(self, /, labels: Mapping[str, str] | None) -> None:
        """
        Says these labels of the program in the metric `target_info`; None, or no labels, takes it out.
        """
    def unregister(self, /, collector: Collector) -> None:
        """
        Takes a metric or a collector out: it shows no more, and its name is free. Raises a
        `MetrionError` (`not_found`, also a `KeyError`) when it is not there.
        """

@disjoint_base
class Counter(MetricWrapperBase):
    """
    A number that only goes up: requests, errors, bytes.

    Its sample's name ends with `_total`, whether its own does or not. For the arguments see `MetricWrapperBase`.

    >>> from metrion import CollectorRegistry, Counter
    >>> registry = CollectorRegistry()
    >>> requests = Counter("http_requests", "Requests by method.", ["method"], registry=registry)
    >>> requests.labels("GET").inc()
    >>> registry.get_sample_value("http_requests_total", {"method": "GET"})
    1.0
    """
    def __init__(
        self,
        /,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = ...,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
        *,
        constant_labels: Mapping[str, object] | None = None,
        max_series: int | None = None,
        expire_after: float | None = None,
    ) -> None: ...
    def count_exceptions(
        self, /, exception: type[BaseException] | tuple[type[BaseException], ...] | None = None
    ) -> ExceptionCounter:
        """
        Counts the exceptions that leave a block or function: a decorator and a context manager. It counts
        those of a class or of a tuple of classes, `Exception` by default, and lets all of them pass.

        >>> from metrion import CollectorRegistry, Counter
        >>> failures = Counter("failures", "Failures.", registry=CollectorRegistry())
        >>> @failures.count_exceptions(ValueError)
        ... def parse(text):
        ...     return int(text)
        >>> parse("1")
        1
        >>> parse("one")
        Traceback (most recent call last):
        ...
        ValueError: invalid literal for int() with base 10: 'one'
        >>> failures.get()
        1.0
        """
    def curry(self, /, **labels: object) -> Self:
        """
        A view of the metric in which these labels have a fixed value: `labels()` takes the others.

        Raises a `MetrionError` (`label_mismatch`) for labels that the metric does not have, or that are
        fixed already.

        >>> from metrion import CollectorRegistry, Counter
        >>> labels = ["method", "status"]
        >>> hits = Counter("hits", "Hits.", labels, registry=CollectorRegistry())
        >>> gets = hits.curry(method="GET")
        >>> gets.labels("200").inc()
        >>> hits.labels("GET", "200").get()
        1.0
        """
    def get(self, /) -> float:
        """
        The value, all threads together. Raises a `MetrionError` (`label_mismatch`) on a metric whose
        labels have no values yet.
        """
    def inc(self, /, amount: float = 1.0, exemplar: Mapping[str, object] | None = None) -> None:
        """
        Adds `amount`, a number from 0 up. `exemplar` are labels that say where this update comes from, such
        as a trace: at most 128 characters in all. The text format leaves exemplars out.

        Raises a `MetrionError`: `invalid_value` for a negative amount or NaN, `invalid_exemplar` for labels
        that are too long, `label_mismatch` on a metric whose labels have no values yet.

        >>> from metrion import CollectorRegistry, Counter
        >>> sent = Counter("sent_bytes", "Bytes sent.", registry=CollectorRegistry())
        >>> sent.inc()
        >>> sent.inc(512, exemplar={"trace_id": "4bf92f3577b34da6"})
        >>> sent.get()
        513.0
        """
    def reset(self, /) -> None:
        """
        Sets it to zero and its creation time to now; a metric with labels, all its series.
        """

@disjoint_base
class Enum(MetricWrapperBase):
    """
    Which of some named states holds; the first of `states` does at the start. For the other arguments
    see `MetricWrapperBase`.

    It shows a sample for each state, which has the metric's own name as a label with the state, and the
    value 1 for the one that holds.

    Raises a `MetrionError` with the code `invalid_value` for no states, for more than 53, and for two
    of the same name.

    >>> from metrion import CollectorRegistry, Enum
    >>> registry = CollectorRegistry()
    >>> task = Enum("task_state", "Of the task.", states=["starting", "running"], registry=registry)
    >>> task.state("running")
    >>> task.get()
    'running'
    >>> registry.get_sample_value("task_state", {"task_state": "starting"})
    0.0
    """
    def __init__(
        self,
        /,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = ...,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
        states: Iterable[str] = ...,
        *,
        constant_labels: Mapping[str, object] | None = None,
        max_series: int | None = None,
        expire_after: float | None = None,
    ) -> None: ...
    def curry(self, /, **labels: object) -> Self:
        """
        A view of the metric in which these labels have a fixed value: `labels()` takes the others.

        Raises a `MetrionError` (`label_mismatch`) for labels that the metric does not have, or that are
        fixed already.

        >>> from metrion import CollectorRegistry, Counter
        >>> labels = ["method", "status"]
        >>> hits = Counter("hits", "Hits.", labels, registry=CollectorRegistry())
        >>> gets = hits.curry(method="GET")
        >>> gets.labels("200").inc()
        >>> hits.labels("GET", "200").get()
        1.0
        """
    def get(self, /) -> str:
        """
        The state that holds.
        """
    def state(self, /, state: str) -> None:
        """
        Makes this state hold and no other. Raises a `MetrionError` (`invalid_value`) for a text that is
        none of its states.
        """

@disjoint_base
class FamiliesOf:
    """
    The metrics of a registry, without what its other collectors give: a collector for another registry.
    """
    def __new__(cls, /, registry: CollectorRegistry) -> Self: ...
    def collect(self, /) -> list[Metric]:
        """
        The metrics now, without `_created` samples.
        """

@disjoint_base
class Gauge(MetricWrapperBase):
    """
    A number that goes up and down: a temperature, a queue's length, requests in flight.

    `mode` is `last` by default, the value that was set last, or `up_down`, which is quicker where many
    threads add and subtract, and cannot be set: what a process has in flight when it ends is dropped. For a
    registry that processes share there are also prometheus_client's modes, which keep a value for each
    process and show all of them with the label `pid` (`all`), the least (`min`), the greatest (`max`),
    their sum (`sum`) or the one that was set last (`mostrecent`); with `live` in front (`livesum`) only those
    of processes that live. With one process these are all as `last`.

    `multiprocess_mode` is prometheus_client's name for `mode`, which counts where both are given. In a
    registry that stands for `PROMETHEUS_MULTIPROC_DIR` the default is `all`, as it is there.

    Raises a `MetrionError` with the code `invalid_value` for another mode. For the other arguments see
    `MetricWrapperBase`.

    >>> from metrion import CollectorRegistry, Gauge
    >>> queue = Gauge("queue_length", "Waiting jobs.", registry=CollectorRegistry())
    >>> queue.set(4)
    >>> queue.dec()
    >>> queue.get()
    3.0
    """
    def __init__(
        self,
        /,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = ...,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
        multiprocess_mode: GaugeMode | None = None,
        *,
        mode: GaugeMode | None = None,
        constant_labels: Mapping[str, object] | None = None,
        max_series: int | None = None,
        expire_after: float | None = None,
    ) -> None: ...
    def curry(self, /, **labels: object) -> Self:
        """
        A view of the metric in which these labels have a fixed value: `labels()` takes the others.

        Raises a `MetrionError` (`label_mismatch`) for labels that the metric does not have, or that are
        fixed already.

        >>> from metrion import CollectorRegistry, Counter
        >>> labels = ["method", "status"]
        >>> hits = Counter("hits", "Hits.", labels, registry=CollectorRegistry())
        >>> gets = hits.curry(method="GET")
        >>> gets.labels("200").inc()
        >>> hits.labels("GET", "200").get()
        1.0
        """
    def dec(self, /, amount: float = 1.0) -> None:
        """
        Takes `amount` off, 1 by default. Raises as `inc()` does.
        """
    def get(self, /) -> float:
        """
        The value. One that a function gives is not seen here, only where the metric is collected.
        """
    def inc(self, /, amount: float = 1.0) -> None:
        """
        Adds `amount`, 1 by default. Raises a `MetrionError` (`label_mismatch`) on a metric whose labels
        have no values yet.
        """
    def set(self, /, value: float) -> None:
        """
        Sets the value. Raises a `MetrionError`: `unsupported` in the mode `up_down`, in which no thread
        knows the whole value, `label_mismatch` on a metric whose labels have no values yet.
        """
    def set_function(self, /, f: Callable[[], float]) -> None:
        """
        Lets a function give the value at every collection. It is called by whatever thread collects. When
        it raises or returns no number, the series is left out of that collection; that is counted, and the
        log tells of the first time.

        >>> from metrion import CollectorRegistry, Gauge
        >>> registry = CollectorRegistry()
        >>> jobs = ["first", "second"]
        >>> Gauge("jobs", "Jobs.", registry=registry).set_function(lambda: len(jobs))
        >>> registry.get_sample_value("jobs")
        2.0
        """
    def set_to_current_time(self, /) -> None:
        """
        Sets the value to the Unix time in seconds.
        """
    def time(self, /) -> Timer:
        """
        Sets the value to the seconds that a block or function took: a decorator and a context
        manager; see `Histogram.time`.
        """
    def track_inprogress(self, /) -> InprogressTracker:
        """
        Counts what is in progress: a decorator and a context manager. It adds 1 where a block or a function
        begins, and takes it off where that ends, however it ends.

        >>> from metrion import CollectorRegistry, Gauge
        >>> running = Gauge("running", "Jobs that run.", registry=CollectorRegistry())
        >>> with running.track_inprogress():
        ...     running.get()
        1.0
        >>> running.get()
        0.0
        """

@final
class GraphiteBridge:
    """
    What `metrion.bridge.graphite.GraphiteBridge` stands on.
    """
    def __new__(
        cls,
        /,
        address: tuple[str, SupportsIndex],
        registry: Collector,
        timeout_seconds: float,
        timer: Callable[[], float],
        tags: bool,
    ) -> Self:
        """
        `timer` is a function that tells the time in Unix seconds.
        """
    def push(self, /, prefix: str, created: bool) -> None:
        """
        Sends all metrics once, without the interpreter's lock.
        """
    def start(self, /, interval: float, prefix: str, created: bool) -> None:
        """
        Sends them from a native thread, now and every `interval` seconds.
        """
    def stats(self, /) -> tuple[int, int]:
        """
        How many pushes of its threads succeeded, and how many failed.
        """
    def stop(self, /) -> None:
        """
        Ends what was started. What is being sent is still sent.
        """

@disjoint_base
class Histogram(MetricWrapperBase):
    """
    Counts of observations by upper bound, and their sum: durations, sizes.

    `buckets` are the upper bounds, strictly increasing, `DEFAULT_BUCKETS` when it is None; infinity is
    added when it is not the last. `native` asks for native buckets beside them, or with `buckets=()`
    alone: the most that a bucket's upper bound is of its lower one, such as 1.1, or a
    `NativeHistogramOptions`. For the other arguments see `MetricWrapperBase`.

    Raises a `MetrionError` with the code `invalid_buckets` for bounds or options that make no sense.

    >>> from metrion import CollectorRegistry, Histogram
    >>> registry = CollectorRegistry()
    >>> size = Histogram("size_bytes", "Sizes.", buckets=(100, 1000), registry=registry)
    >>> size.observe(150)
    >>> size.get()
    ([0.0, 1.0, 0.0], 150.0)
    >>> registry.get_sample_value("size_bytes_bucket", {"le": "1000"})
    1.0
    """

    DEFAULT_BUCKETS: ClassVar[tuple[float, ...]]
    """
    The upper bounds that a histogram has when none are given, in seconds.
    """
    def __init__(
        self,
        /,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = ...,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
        buckets: Iterable[float] | None = None,
        *,
        native: float | NativeHistogramOptions | None = None,
        constant_labels: Mapping[str, object] | None = None,
        max_series: int | None = None,
        expire_after: float | None = None,
    ) -> None: ...
    def curry(self, /, **labels: object) -> Self:
        """
        A view of the metric in which these labels have a fixed value: `labels()` takes the others.

        Raises a `MetrionError` (`label_mismatch`) for labels that the metric does not have, or that are
        fixed already.

        >>> from metrion import CollectorRegistry, Counter
        >>> labels = ["method", "status"]
        >>> hits = Counter("hits", "Hits.", labels, registry=CollectorRegistry())
        >>> gets = hits.curry(method="GET")
        >>> gets.labels("200").inc()
        >>> hits.labels("GET", "200").get()
        1.0
        """
    def get(self, /) -> tuple[list[float], float]:
        """
        The count of each bucket alone, the bucket to infinity last, and the sum of all observations.
        """
    def get_native(self, /) -> NativeHistogram | None:
        """
        The native buckets; None for a histogram without any.
        """
    def observe(self, /, amount: float, exemplar: Mapping[str, object] | None = None) -> None:
        """
        Counts one observation; NaN is dropped. `exemplar` are labels that say where it comes from, such as a
        trace: at most 128 characters in all. Each bucket keeps its latest one.

        Raises a `MetrionError`: `invalid_exemplar` for labels that are too long, `label_mismatch` on a
        metric whose labels have no values yet.
        """
    def time(self, /) -> Timer:
        """
        Observes the seconds that a block or function takes: a decorator and a context manager. The time of a
        coroutine is from its first step to its end, and so is that of a generator.

        >>> from metrion import CollectorRegistry, Histogram
        >>> duration = Histogram("job_seconds", "Time of jobs.", registry=CollectorRegistry())
        >>> @duration.time()
        ... async def job():
        ...     return 7
        >>> import asyncio
        >>> asyncio.run(job())
        7
        >>> with duration.time() as timer:
        ...     pass
        >>> timer.duration < 1 and sum(duration.get()[0]) == 2
        True
        """

@final
class HttpServer:
    """
    A running server of metrics on threads of its own; `metrion.start_http_server` is easier to use.

    It listens on `addr` and `port`; port 0 takes any free one. `tls` makes it HTTPS. `spelling` is
    `short`, or `prometheus_client` for the text that this package writes; `created` says whether there are
    `_created` samples, by default as pages have them when it starts.

    Raises a `MetrionError` that is an `OSError` too: `address_in_use` when something else has the port,
    `io` for other trouble with the address; `unsupported` for another spelling.

    >>> from metrion import REGISTRY, HttpServer
    >>> server = HttpServer(0, "127.0.0.1", REGISTRY)
    >>> server.server_address[0], server.server_port > 0
    ('127.0.0.1', True)
    >>> server.shutdown()
    """
    def __new__(
        cls,
        /,
        port: int,
        addr: str,
        registry: Collector,
        *,
        tls: Tls | None = None,
        spelling: str = "short",
        created: bool | None = None,
    ) -> Self: ...
    @property
    def server_address(self, /) -> tuple[str, int]:
        """
        The address and the port on which it listens.
        """
    @property
    def server_port(self, /) -> int:
        """
        The port on which it listens.
        """
    def shutdown(self, /) -> None:
        """
        Stops listening, sends the answers that are under way, and frees the port. A second call does
        nothing.
        """

@disjoint_base
class Info(MetricWrapperBase):
    """
    Text that describes the program, as labels of a sample with the value 1: its version.

    Its sample's name ends with `_info`, whether its own does or not. For the arguments see `MetricWrapperBase`.

    >>> from metrion import CollectorRegistry, Info
    >>> registry = CollectorRegistry()
    >>> build = Info("build", "What runs.", registry=registry)
    >>> build.info({"version": "1.4", "branch": "main"})
    >>> registry.get_sample_value("build_info", {"version": "1.4", "branch": "main"})
    1.0
    """
    def __init__(
        self,
        /,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = ...,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
        *,
        constant_labels: Mapping[str, object] | None = None,
        max_series: int | None = None,
        expire_after: float | None = None,
    ) -> None: ...
    def curry(self, /, **labels: object) -> Self:
        """
        A view of the metric in which these labels have a fixed value: `labels()` takes the others.

        Raises a `MetrionError` (`label_mismatch`) for labels that the metric does not have, or that are
        fixed already.

        >>> from metrion import CollectorRegistry, Counter
        >>> labels = ["method", "status"]
        >>> hits = Counter("hits", "Hits.", labels, registry=CollectorRegistry())
        >>> gets = hits.curry(method="GET")
        >>> gets.labels("200").inc()
        >>> hits.labels("GET", "200").get()
        1.0
        """
    def get(self, /) -> dict[str, str]:
        """
        What it says, as labels and their values.
        """
    def info(self, /, val: Mapping[str, object]) -> None:
        """
        Says these labels from now on, instead of what it said before. Raises a `MetrionError`:
        `invalid_name` for a label's name, `label_mismatch` for one that the metric itself has.
        """

@final
class ManualClock:
    """
    A clock that shows what a test sets, in seconds since the Unix epoch.

    >>> from metrion import CollectorRegistry
    >>> from metrion.testing import ManualClock
    >>> clock = ManualClock(1000.0)
    >>> registry = CollectorRegistry(clock=clock)
    >>> clock.advance(60)
    >>> clock.time()
    1060.0
    """
    def __new__(cls, /, seconds: float) -> ManualClock: ...
    def advance(self, /, seconds: float) -> None:
        """
        Lets that many seconds pass.
        """
    def set(self, /, seconds: float) -> None:
        """
        Sets it to that many seconds since the Unix epoch, also back.
        """
    def time(self, /) -> float:
        """
        What it shows, in seconds since the Unix epoch.
        """

@disjoint_base
class MetricWrapperBase:
    """
    What all metric classes have in common. All of them take these arguments:

    - `name`, after `namespace` and `subsystem`, if they are given, each with an underscore behind it.
    - `documentation`: one sentence for people.
    - `labelnames`: the labels that tell the series apart. A metric without any can be updated at once,
      one with some through `labels()`.
    - `unit`: the base unit, such as `seconds`. The name gets it as its end if it has not.
    - `registry`: where the metric is collected, `metrion.REGISTRY` by default. With None nobody collects
      it but `collect()`. To make a metric again in the same registry gives the same metric.
    - `constant_labels`: labels with one value for the whole metric.
    - `max_series`: the most series that it may have; updates of further ones go to one overflow series,
      which has the value `true` for the label `metrion_overflow`.
    - `expire_after`: after so many seconds without a change a series is not shown until it changes.

    Each of them raises a `MetrionError`: `metric_exists` when the registry has that name with another
    type, help, unit or labels, `invalid_name` or `reserved_name` for a name of a metric or a label that
    the formats do not allow, `limit_reached` when the registry is full.

    >>> from metrion import CollectorRegistry, Counter
    >>> from metrion.metrics import MetricWrapperBase
    >>> sent = Counter(
    ...     "sent", "Bytes sent.", ["host"], namespace="mail", unit="bytes", registry=CollectorRegistry()
    ... )
    >>> sent.name, sent.labelnames, isinstance(sent, MetricWrapperBase)
    ('mail_sent_bytes', ('host',), True)
    """
    @classmethod
    def __init_subclass__(cls, /, **_kwargs: object) -> None:
        """
        Gives a subclass the hot methods as its own.
        """
    def __repr__(self, /) -> str: ...
    def clear(self, /) -> None:
        """
        Removes all series. A metric without labels starts again at zero.
        """
    def collect(self, /, *, created: bool = False) -> list[Metric]:
        """
        Its series now, as a list of one `metrion.metrics_core.Metric`: every metric is a collector, too.
        `created` asks for the `_created` samples.
        """
    def describe(self, /) -> list[Metric]:
        """
        The same without samples: what it will show, for a registry that looks for clashes.
        """
    @property
    def documentation(self, /) -> str:
        """
        The help text.
        """
    @property
    def labelnames(self, /) -> tuple[str, ...]:
        """
        The names of its labels, in the order in which `labels()` takes their values.
        """
    def labels(self, /, *labelvalues: object, **labels: object) -> Self:
        """
        The series with these label values, an object of the same class to be updated: all of them by
        position, all by name, or one mapping. The first call for a series makes it. Values become text by
        `str()`, so numbers are welcome.

        A series is quick to look up again; one that is updated very often can be kept. When it is removed,
        the object stays valid and counts where nobody sees it.

        Raises a `MetrionError`: `label_mismatch` when there are too few or too many values, or other names
        than the metric's; `invalid_label_value`, also a `TypeError`, for bytes and for what `str()` refuses.

        >>> from metrion import CollectorRegistry, Counter
        >>> requests = Counter("requests", "Requests.", ["method"], registry=CollectorRegistry())
        >>> requests.labels("GET").inc()
        >>> requests.labels(method="GET").inc()
        >>> requests.labels({"method": "GET"}).get()
        2.0
        """
    @property
    def name(self, /) -> str:
        """
        The whole name, with namespace, subsystem and unit; a counter's is without `_total`.
        """
    def remove(self, /, *labelvalues: object) -> bool:
        """
        Removes the series with these label values, given in the order of `labelnames`, and says whether it
        was there. Raises a `MetrionError` (`label_mismatch`) when their number is wrong.
        """
    def remove_by_labels(self, /, labels: Mapping[str, object]) -> None:
        """
        The same, as prometheus_client calls it.
        """
    def remove_matching(self, /, labels: Mapping[str, object]) -> int:
        """
        Removes every series that has these labels among its own, and says how many there were. Raises a
        `MetrionError` (`label_mismatch`) for a label that the metric does not have.
        """
    def reset(self, /) -> None:
        """
        Sets all series to zero and their creation time to now.
        """

@final
class ProcessReader:
    """
    Reads what a process takes of the machine.
    """
    def __new__(cls, /, namespace: str, proc: str | PathLike[str]) -> Self: ...
    def collect(self, /, pid: str) -> list[Metric]:
        """
        The families of a process, by its number or `self`.
        """
    def describe(self, /) -> list[Metric]:
        """
        The families without samples.
        """

@final
class RestrictedRegistry:
    """
    The metrics of a registry that have certain names; `CollectorRegistry.restricted_registry` makes it.
    """
    def __new__(cls, /, names: Incomplete, registry: CollectorRegistry) -> RestrictedRegistry: ...
    def collect(self, /) -> list[Any]:
        """
        The metrics with their samples now, as `metrion.metrics_core.Metric` objects.
        """

@disjoint_base
class Summary(MetricWrapperBase):
    """
    The count and the sum of observations, and quantiles of the latest ones: durations, sizes.

    `objectives` are the quantiles, from 0 to 1: alone, or each with the rank error that is allowed, and
    None for no quantiles. They are of the observations of the last `max_age` seconds, which leave in
    `age_buckets` steps. For the other arguments see `MetricWrapperBase`.

    Raises a `MetrionError` with the code `invalid_objectives` for quantiles, errors, ages or steps that
    make no sense.

    >>> from metrion import CollectorRegistry, Summary
    >>> latency = Summary(
    ...     "latency_seconds", "Time.", objectives={0.5: 0.05, 0.99: 0.001}, registry=CollectorRegistry()
    ... )
    >>> for seconds in 1, 2, 3:
    ...     latency.observe(seconds)
    >>> value = latency.get()
    >>> value.count, value.sum, round(value.quantiles[0.5], 1)
    (3.0, 6.0, 2.0)
    """
    def __init__(
        self,
        /,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = ...,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
        *,
        objectives: Mapping[float, float] | Iterable[float] | None = None,
        max_age: float = 600.0,
        age_buckets: int = 5,
        constant_labels: Mapping[str, object] | None = None,
        max_series: int | None = None,
        expire_after: float | None = None,
    ) -> None: ...
    def curry(self, /, **labels: object) -> Self:
        """
        A view of the metric in which these labels have a fixed value: `labels()` takes the others.

        Raises a `MetrionError` (`label_mismatch`) for labels that the metric does not have, or that are
        fixed already.

        >>> from metrion import CollectorRegistry, Counter
        >>> labels = ["method", "status"]
        >>> hits = Counter("hits", "Hits.", labels, registry=CollectorRegistry())
        >>> gets = hits.curry(method="GET")
        >>> gets.labels("200").inc()
        >>> hits.labels("GET", "200").get()
        1.0
        """
    def get(self, /) -> SummaryValue:
        """
        The count and the sum of all observations, and the value of each quantile.
        """
    def observe(self, /, amount: float) -> None:
        """
        Counts one observation; NaN is dropped. Raises a `MetrionError` (`label_mismatch`) on a metric
        whose labels have no values yet.
        """
    def time(self, /) -> Timer:
        """
        Observes the seconds that a block or function takes: a decorator and a context manager; see
        `Histogram.time`.
        """

def check_exposition(data: bytes, format: str = "text") -> None:
    """
    Checks that bytes are an exposition in a format, `text` or `openmetrics`.

    Raises a `MetrionError`: `parse_error`, with the line and the column of the fault, or `unsupported` for
    another format.

    >>> from metrion.testing import check_exposition
    >>> check_exposition(b"up 1\\n")
    >>> check_exposition(b"up one\\n")
    Traceback (most recent call last):
    ...
    metrion._errors.MetrionError: line 1, column 4: "one" is no number
    """

def client_page(
    metrics: Iterable[MetricWrapperBase | FamiliesOf | Metric],
    format: str,
    escaping: str,
    created: bool,
) -> bytes:
    """
    A page in the spelling of `prometheus_client`, of metrics, of collectors of several processes' metrics
    and of `Metric` objects in any order. Metrics are read and written without the interpreter's lock. An
    exception that an object causes has that object as its last argument.
    """

def compare(
    expected: str | bytes | Page | Collector, found: str | bytes | Page | Collector
) -> None:
    """
    Raises an `AssertionError` with a diff unless two expositions say the same. Each is text, bytes, a
    `Page`, or a registry or collector, of which it is the page now.

    >>> from metrion import CollectorRegistry, Gauge
    >>> from metrion.testing import compare
    >>> registry = CollectorRegistry()
    >>> Gauge("up", "", registry=registry).set(1)
    >>> compare("# TYPE up gauge\\nup 1\\n", registry)
    >>> compare("# TYPE up gauge\\nup 2\\n", registry)
    Traceback (most recent call last):
    ...
    AssertionError: the expositions differ
    """

def count_series(metrics: Iterable[object]) -> int:
    """
    How many series metrics have together; `Metric` objects count as one, metrics of several processes as
    very many.
    """

def disable_created_metrics() -> None:
    """
    Leaves the samples `_created` out from now on, as it is at first; see `enable_created_metrics`.

    >>> from metrion import disable_created_metrics
    >>> disable_created_metrics()
    """

def enable_created_metrics() -> None:
    """
    Shows from now on when each counter, histogram and summary began, as samples `_created` of the text
    formats. Servers that run already go on as they began.

    >>> from metrion import CollectorRegistry, Counter, disable_created_metrics, enable_created_metrics
    >>> from metrion import generate_latest
    >>> registry = CollectorRegistry()
    >>> jobs = Counter("jobs", "Jobs.", registry=registry)
    >>> enable_created_metrics()
    >>> b"jobs_created" in generate_latest(registry)
    True
    >>> disable_created_metrics()
    >>> b"jobs_created" in generate_latest(registry)
    False
    """

def encode(
    registry: Collector | None = None,
    format: str = "text",
    *,
    created: bool = False,
    escaping: str = "underscores",
) -> Page:
    """
    All metrics of a registry, `metrion.REGISTRY` by default, in a format: `text`, `openmetrics`,
    `protobuf` or `json`. It is made without the interpreter's lock.

    `created` adds `_created` samples to the text formats. `escaping` says how names are written that are
    not classic: `allow-utf-8`, `underscores`, `dots` or `values`.

    Raises a `MetrionError` with the code `unsupported` for another format or escaping.

    >>> from metrion import CollectorRegistry, Counter, encode
    >>> registry = CollectorRegistry()
    >>> Counter("requests", "Requests.", registry=registry).inc()
    >>> page = encode(registry, "openmetrics")
    >>> page.content_type
    'application/openmetrics-text; version=1.0.0; charset=utf-8'
    >>> page.body.splitlines()[-1]
    b'# EOF'
    """

def end_process(registry: CollectorRegistry) -> None:
    """
    Ends what this process said of itself in a registry.
    """

def escape_label_name(name: str, escaping: str) -> str:
    """
    A label name, by the same rules.
    """

def escape_metric_name(name: str, escaping: str) -> str:
    """
    A metric name as a page has it: escaped, or with quotes where it needs them.
    """

def float_to_go_string(value: float) -> str:
    """
    A number as a page has it.
    """

def generate_latest(
    registry: Collector | None = None,
    escaping: str = "underscores",
    *,
    names: list[str] | None = None,
) -> bytes:
    """
    All metrics of a registry, `metrion.REGISTRY` by default, or of any object with a method
    `collect()`, in the Prometheus text format 0.0.4: what `CONTENT_TYPE_LATEST` names. It is made
    without the interpreter's lock.

    `escaping` says how names are written that are not classic: `allow-utf-8`, `underscores`, `dots` or
    `values`. `names` limits it to the metrics that have one of these names or a sample with one.

    Raises a `MetrionError` with the code `unsupported` for another escaping.

    >>> from metrion import CollectorRegistry, Gauge, generate_latest
    >>> registry = CollectorRegistry()
    >>> Gauge("temperature_celsius", "In the room.", registry=registry).set(21.5)
    >>> print(generate_latest(registry).decode(), end="")
    # HELP temperature_celsius In the room.
    # TYPE temperature_celsius gauge
    temperature_celsius 21.5
    """

def is_classic_name(name: str, is_label: bool) -> bool:
    """
    Whether a name needs no quotes: a label's, or a metric's, which may have colons.
    """

def lint(exposition: str | bytes | Page | Collector) -> list[Finding]:
    """
    What is wrong with the metrics of an exposition, of any kind that `compare` takes, by the conventions
    of Prometheus.

    >>> from metrion.testing import lint
    >>> lint("# HELP jobs Jobs.\\n# TYPE jobs counter\\njobs 1\\n")
    [Finding(metric='jobs', text='counter metrics should have "_total" suffix')]
    """

def negotiated_content_type(accept: str) -> str:
    """
    The content type with which a request with this `Accept` header is answered.
    """

def parse(exposition: str | bytes | Page | Collector) -> list[Metric]:
    """
    The families of an exposition, of any kind that `compare` takes, as `Metric` objects.

    >>> from metrion.testing import parse
    >>> [family] = parse("# TYPE up gauge\\nup 1\\n")
    >>> family.name, family.type, family.samples[0].value
    ('up', 'gauge', 1.0)
    """

def parse_families(text: str, format: str) -> list[Metric]:
    """
    The families of an exposition, `text` or `openmetrics`, as `Metric` objects.
    """

def push_request(
    method: str,
    gateway: str,
    job: str,
    grouping: SupportsGetItem[int, tuple[str, str]],
    compression: str | None,
    page: SupportsGetItem[int, SupportsIndex],
) -> tuple[str, list[tuple[str, str]], bytes]:
    """
    The address, the headers and the body of a request to a gateway: `PUT` and `POST` push a page of
    text, `DELETE` removes the group.
    """

def register_with_first_use(registry: CollectorRegistry, collector: Collector) -> None:
    """
    Shows a collector in a registry as soon as that is used.
    """

def render(
    registry: Collector, query: str, accept: str, accept_encoding: str
) -> tuple[list[tuple[str, str]], bytes]:
    """
    The headers and the body that answer one scrape, made without the interpreter's lock.
    """

def run_command(arguments: list[str]) -> int:
    """
    Runs the command with these arguments, the first of which is its name, and gives its exit status.
    """

def send_push(
    url: str,
    method: str,
    timeout: float | None,
    headers: SupportsGetItem[int, tuple[str, str]],
    data: SupportsGetItem[int, SupportsIndex],
    *,
    auth: tuple[str, str] | None = None,
    tls: ClientTls | None = None,
    follow_redirects: bool = False,
) -> None:
    """
    Sends such a request without the interpreter's lock. `tls` is `metrion._gateway.ClientTls`.
    """

def set_process_number(registry: CollectorRegistry, number: int) -> None:
    """
    Gives this process another number in a registry than its process id.
    """

def stands_for_folder() -> bool:
    """
    Whether `REGISTRY` is the one in that folder. A file that is named for it goes first.
    """

def uses_created_metrics() -> bool:
    """
    Whether there are `_created` samples now.
    """

def write_page(path: str | PathLike[str], page: bytes, tmpdir: str | PathLike[str] | None) -> None:
    """
    Writes a page to a file, as a whole or not at all. `tmpdir` is where it is written first.
    """

"""Types of the native module."""

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Any, ClassVar, Final, Literal, Protocol, TypeVar, final

from typing_extensions import Self, disjoint_base

from metrion._gateway import ClientTls
from metrion._server import Tls
from metrion._values import (
    CardinalityReport,
    Finding,
    NativeHistogram,
    NativeHistogramOptions,
    Page,
    PlacedExemplar,
    SummaryValue,
)
from metrion.metrics_core import Metric as FamilyOfSamples

CONTENT_TYPE_LATEST: Final[str]
REGISTRY: Final[CollectorRegistry]
__version__: Final[str]
__all__ = [
    "CONTENT_TYPE_LATEST",
    "Checkpoint",
    "CollectorRegistry",
    "Counter",
    "Enum",
    "Gauge",
    "GraphiteBridge",
    "Histogram",
    "HttpServer",
    "Info",
    "ManualClock",
    "Metric",
    "ProcessReader",
    "REGISTRY",
    "RestrictedRegistry",
    "Summary",
    "__version__",
    "check_exposition",
    "client_page",
    "compare",
    "count_series",
    "disable_created_metrics",
    "enable_created_metrics",
    "encode",
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
    "render",
    "send_push",
    "uses_created_metrics",
    "write_page",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

class _Collector(Protocol):
    def collect(self) -> Iterable[FamilyOfSamples]: ...

@disjoint_base
class CollectorRegistry:
    """A set of metrics that are exposed together."""

    def __new__(
        cls,
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
    ) -> Self: ...
    def register(self, collector: _Collector) -> None:
        """Adds a collector: an object with a method `collect()` that gives `Metric` objects."""

    def unregister(self, collector: Any) -> None:
        """Takes a metric or a collector out: it shows no more, and its name is free."""

    def collect(self) -> list[FamilyOfSamples]:
        """All metrics with their samples now."""

    def set_target_info(self, labels: Mapping[str, str] | None) -> None:
        """Says these labels of the program in the metric `target_info`; none take it out."""

    def get_target_info(self) -> dict[str, str] | None:
        """What `target_info` says."""

    def restricted_registry(self, names: Iterable[str]) -> RestrictedRegistry:
        """The metrics that have one of these names or a sample with one, wherever a registry is
        read."""

    def cardinality(self, top: int = 10, recent_seconds: float = 3600.0) -> CardinalityReport:
        """Which metrics and which labels have most series, the first `top` of each, and how many
        series began within the last `recent_seconds`."""

    def get_sample_value(
        self, name: str, labels: Mapping[str, object] | None = None
    ) -> float | None:
        """The value of one sample, for tests: `get_sample_value("x_total", {"a": "b"})`."""

    def get_exemplars(self, name: str) -> list[PlacedExemplar]:
        """The exemplars of the metric that has this name or a sample with it, for tests."""

@final
class RestrictedRegistry:
    """The metrics of a registry that have certain names."""

    def __new__(cls, names: Iterable[str], registry: CollectorRegistry) -> RestrictedRegistry: ...
    def collect(self) -> list[FamilyOfSamples]:
        """The metrics with their samples now."""

@disjoint_base
class Metric:
    """What all metric classes have in common."""

    @property
    def name(self) -> str:
        """The family's name; a counter's is without `_total`."""

    @property
    def documentation(self) -> str:
        """The help text."""

    @property
    def labelnames(self) -> tuple[str, ...]:
        """The names of its labels."""

    def remove(self, *labelvalues: object) -> bool:
        """Removes the series with these label values; whether it was there."""

    def remove_matching(self, labels: Mapping[str, object]) -> int:
        """Removes every series that has these labels among its own; how many there were."""

    def remove_by_labels(self, labels: Mapping[str, object]) -> None:
        """The same, as prometheus_client calls it."""

    def clear(self) -> None:
        """Removes all series."""

    def reset(self) -> None:
        """Sets all series to zero and their creation time to now."""

    def collect(self, *, created: bool = False) -> list[FamilyOfSamples]:
        """Its series now, in a list of one family: every metric is a collector, too."""

    def describe(self) -> list[FamilyOfSamples]:
        """The same without samples."""

@disjoint_base
class Counter(Metric):
    """A number that only goes up: requests, errors, bytes."""

    def __new__(cls, *_args: object, **_kwargs: object) -> Self: ...
    def __init__(
        self,
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
    def labels(self, *labelvalues: object, **labels: object) -> Self:
        """The child with these label values: all by position, all by name, or one mapping."""

    def curry(self, **labels: object) -> Self:
        """A view of the family in which these labels have a fixed value."""

    def inc(self, amount: float = 1, exemplar: Mapping[str, object] | None = None) -> None:
        """Adds `amount`, a number from 0 up. `exemplar` are labels that say where it comes from."""

    def get(self) -> float:
        """The value, all threads and processes of the registry together."""

    def reset(self) -> None:
        """Sets it to zero and its creation time to now; a metric with labels, all its series."""

    def count_exceptions(
        self, exception: type[BaseException] | tuple[type[BaseException], ...] | None = None
    ) -> _Decorator:
        """Counts the exceptions that leave a block or function."""

@disjoint_base
class Gauge(Metric):
    """A number that goes up and down: a temperature, a queue's length, requests in flight."""

    def __new__(cls, *_args: object, **_kwargs: object) -> Self: ...
    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = ...,
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = ...,
        multiprocess_mode: str = "all",
        *,
        mode: Literal["last", "up_down"] = "last",
        constant_labels: Mapping[str, object] | None = None,
        max_series: int | None = None,
        expire_after: float | None = None,
    ) -> None: ...
    def labels(self, *labelvalues: object, **labels: object) -> Self:
        """The child with these label values: all by position, all by name, or one mapping."""

    def curry(self, **labels: object) -> Self:
        """A view of the family in which these labels have a fixed value."""

    def inc(self, amount: float = 1) -> None:
        """Adds `amount`."""

    def dec(self, amount: float = 1) -> None:
        """Takes `amount` off."""

    def set(self, value: float) -> None:
        """Sets the value."""

    def get(self) -> float:
        """The value."""

    def set_function(self, f: Callable[[], float]) -> None:
        """Lets a function give the value at every collection."""

    def set_to_current_time(self) -> None:
        """Sets the value to the Unix time in seconds."""

    def track_inprogress(self) -> _Decorator:
        """Counts what is in progress: a decorator and a context manager."""

    def time(self) -> _Decorator:
        """Sets the value to the seconds that a block or function took."""

@disjoint_base
class Histogram(Metric):
    """Counts of observations by upper bound, and their sum: durations, sizes."""

    DEFAULT_BUCKETS: ClassVar[tuple[float, ...]]

    def __new__(cls, *_args: object, **_kwargs: object) -> Self: ...
    def __init__(
        self,
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
    def labels(self, *labelvalues: object, **labels: object) -> Self:
        """The child with these label values: all by position, all by name, or one mapping."""

    def curry(self, **labels: object) -> Self:
        """A view of the family in which these labels have a fixed value."""

    def observe(self, amount: float, exemplar: Mapping[str, object] | None = None) -> None:
        """Counts one observation; NaN is dropped. `exemplar` are labels that say where it comes
        from."""

    def get(self) -> tuple[list[float], float]:
        """The count of each bucket alone, the bucket to infinity last, and the sum."""

    def get_native(self) -> NativeHistogram | None:
        """The native buckets; None for a histogram without any."""

    def time(self) -> _Decorator:
        """Observes the seconds that a block or function takes."""

@disjoint_base
class Summary(Metric):
    """The count and the sum of observations, and quantiles of the latest ones: durations, sizes."""

    def __new__(cls, *_args: object, **_kwargs: object) -> Self: ...
    def __init__(
        self,
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
    def labels(self, *labelvalues: object, **labels: object) -> Self:
        """The child with these label values: all by position, all by name, or one mapping."""

    def curry(self, **labels: object) -> Self:
        """A view of the family in which these labels have a fixed value."""

    def observe(self, amount: float) -> None:
        """Counts one observation; NaN is dropped."""

    def get(self) -> SummaryValue:
        """The count and the sum of all observations, and the value of each quantile."""

    def time(self) -> _Decorator:
        """Observes the seconds that a block or function takes."""

@disjoint_base
class Info(Metric):
    """Text that describes the program, as labels of a sample with the value 1: its version."""

    def __new__(cls, *_args: object, **_kwargs: object) -> Self: ...
    def __init__(
        self,
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
    def labels(self, *labelvalues: object, **labels: object) -> Self:
        """The child with these label values: all by position, all by name, or one mapping."""

    def curry(self, **labels: object) -> Self:
        """A view of the family in which these labels have a fixed value."""

    def info(self, val: Mapping[str, object]) -> None:
        """Says these labels from now on, instead of what it said before."""

    def get(self) -> dict[str, str]:
        """What it says."""

@disjoint_base
class Enum(Metric):
    """Which of some named states holds; the first one does at the start."""

    def __new__(cls, *_args: object, **_kwargs: object) -> Self: ...
    def __init__(
        self,
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
    def labels(self, *labelvalues: object, **labels: object) -> Self:
        """The child with these label values: all by position, all by name, or one mapping."""

    def curry(self, **labels: object) -> Self:
        """A view of the family in which these labels have a fixed value."""

    def state(self, state: str) -> None:
        """Makes this state hold and no other."""

    def get(self) -> str:
        """The state that holds."""

@final
class HttpServer:
    """A running server of metrics."""

    def __new__(
        cls,
        port: int,
        addr: str,
        registry: _Collector,
        *,
        tls: Tls | None = None,
        spelling: str = "short",
        created: bool | None = None,
    ) -> HttpServer: ...
    @property
    def server_address(self) -> tuple[str, int]:
        """The address and the port on which it listens."""

    @property
    def server_port(self) -> int:
        """The port on which it listens."""

    def shutdown(self) -> None:
        """Stops listening, sends the answers that are under way, and frees the port."""

class _Decorator:
    def __enter__(self) -> Any: ...
    def __exit__(self, *exc: object) -> None: ...
    def __call__(self, function: _Function) -> _Function: ...

@final
class GraphiteBridge:
    """What `metrion.bridge.graphite.GraphiteBridge` stands on."""

    def __new__(
        cls,
        address: tuple[str, int],
        registry: _Collector,
        timeout_seconds: float,
        timer: Callable[[], float],
        tags: bool,
    ) -> GraphiteBridge: ...
    def push(self, prefix: str, created: bool) -> None:
        """Sends all metrics once."""

    def start(self, interval: float, prefix: str, created: bool) -> None:
        """Sends them from a native thread, now and every `interval` seconds."""

    def stop(self) -> None:
        """Ends what was started."""

    def stats(self) -> tuple[int, int]:
        """How many pushes of its threads succeeded, and how many failed."""

def enable_created_metrics() -> None:
    """Shows from now on when each counter, histogram and summary began, as samples `_created` of
    the text formats. Servers that run already go on as they began."""

def disable_created_metrics() -> None:
    """Leaves them out from now on, as it is at first."""

def uses_created_metrics() -> bool:
    """Whether there are `_created` samples now."""

def generate_latest(
    registry: _Collector | None = None,
    escaping: str = "underscores",
    *,
    names: list[str] | None = None,
) -> bytes:
    """All metrics of a registry, or of any object with a method `collect()`, in the Prometheus text
    format 0.0.4.

    `escaping` says how names are written that are not classic. `names` limits it to the metrics
    that have one of these names or a sample with one.
    """

def encode(
    registry: _Collector | None = None,
    format: str = "text",
    *,
    created: bool = False,
    escaping: str = "underscores",
) -> Page:
    """All metrics of a registry in a format: `text`, `openmetrics`, `protobuf` or `json`.

    `created` adds `_created` samples to the text formats. `escaping` says how names are written
    that are not classic: `allow-utf-8`, `underscores`, `dots` or `values`.
    """

def check_exposition(data: bytes, format: str = "text") -> None:
    """Raises a `MetrionError` with line and column unless the bytes are an exposition in this
    format: `text` or `openmetrics`."""

@final
class ManualClock:
    """A clock that shows what a test sets, in seconds since the Unix epoch."""

    def __new__(cls, seconds: float) -> ManualClock: ...
    def time(self) -> float:
        """What it shows."""

    def set(self, seconds: float) -> None:
        """Sets it, also back."""

    def advance(self, seconds: float) -> None:
        """Lets time pass."""

_Exposition = str | bytes | Page | CollectorRegistry | RestrictedRegistry

@final
class Checkpoint:
    """What a registry has at this moment."""

    def __new__(cls, registry: CollectorRegistry) -> Checkpoint: ...
    def go_back(self) -> None:
        """Makes the registry what it was."""

def compare(expected: _Exposition, found: _Exposition) -> None:
    """Raises an `AssertionError` with a diff unless two expositions say the same."""

def lint(exposition: _Exposition) -> list[Finding]:
    """What is wrong with the metrics by the conventions of Prometheus."""

def parse(exposition: _Exposition) -> list[FamilyOfSamples]:
    """The families of an exposition."""

@final
class ProcessReader:
    """Reads what a process takes of the machine."""

    def __new__(cls, namespace: str, proc: str | PathLike[str]) -> ProcessReader: ...
    def describe(self) -> list[FamilyOfSamples]:
        """The families without samples."""

    def collect(self, pid: str) -> list[FamilyOfSamples]:
        """The families of a process, by its number or `self`."""

def render(
    registry: _Collector, query: str, accept: str, accept_encoding: str
) -> tuple[list[tuple[str, str]], bytes]:
    """The headers and the body that answer one scrape."""

def negotiated_content_type(accept: str) -> str:
    """The content type with which a request with this `Accept` header is answered."""

def push_request(
    method: str,
    gateway: str,
    job: str,
    grouping: list[tuple[str, str]],
    compression: str | None,
    page: bytes,
) -> tuple[str, list[tuple[str, str]], bytes]:
    """The address, the headers and the body of a request to a Pushgateway."""

def send_push(
    url: str,
    method: str,
    timeout: float | None,
    headers: list[tuple[str, str]],
    data: bytes,
    *,
    auth: tuple[str, str] | None = None,
    tls: ClientTls | None = None,
    follow_redirects: bool = False,
) -> None:
    """Sends such a request."""

def write_page(path: str | PathLike[str], page: bytes, tmpdir: str | PathLike[str] | None) -> None:
    """Writes a page to a file, as a whole or not at all."""

def client_page(
    metrics: Iterable[Metric | FamilyOfSamples], format: str, escaping: str, created: bool
) -> bytes:
    """A page in the spelling of `prometheus_client`."""

def count_series(metrics: Iterable[object]) -> int:
    """How many series metrics have together; families of samples count as one."""

def parse_families(text: str, format: str) -> list[FamilyOfSamples]:
    """The families of an exposition, `text` or `openmetrics`."""

def escape_metric_name(name: str, escaping: str) -> str:
    """A metric name as a page has it: escaped, or with quotes where it needs them."""

def escape_label_name(name: str, escaping: str) -> str:
    """A label name, by the same rules."""

def float_to_go_string(value: float) -> str:
    """A number as a page has it."""

def is_classic_name(name: str, is_label: bool) -> bool:
    """Whether a name needs no quotes: a label's, or a metric's, which may have colons."""

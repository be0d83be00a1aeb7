"""The exceptions. Each also derives from what `prometheus_client` raises in its place."""

from __future__ import annotations

from typing import Any


class MetrionError(ValueError):
    """Every error of Metrion. `code` is the same short text in every language:

    - `metric_exists`: the name belongs to a metric of another type, help, unit or labels.
    - `label_mismatch`: too few or too many label values, or names that the metric does not have.
    - `invalid_label_value`: a label value that is no text; a `TypeError`, too.
    - `invalid_name`, `reserved_name`: a metric's or a label's name.
    - `invalid_value`, `invalid_buckets`, `invalid_objectives`, `invalid_exemplar`: an argument.
    - `parse_error`: text that is no exposition; the message has line and column.
    - `limit_reached`: the registry has no room for one more.
    - `not_found`: what should be taken out is not there; a `KeyError`, too.
    - `unsupported`: there is no such format; what this system or this metric cannot do.
    - `damaged`, `other_version`: a file that processes share cannot be used.
    - `address_in_use`, `io`: the operating system refused; an `OSError`, too.

    >>> from metrion import CollectorRegistry, Counter, MetrionError
    >>> counter = Counter("sent", "Sent.", registry=CollectorRegistry())
    >>> try:
    ...     counter.inc(-1)
    ... except MetrionError as error:
    ...     print(error.code, error, sep=": ")
    invalid_value: a counter can only be increased by a number from 0 up, not -1
    """

    code: str

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[MetrionError], tuple[Any, ...]]:
        return type(self), (self.code, str(self.args[0]))


class MetrionKeyError(MetrionError, KeyError):
    """Something was named that is not there (`not_found`)."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument.
        return str(self.args[0])


class MetrionTypeError(MetrionError, TypeError):
    """A label value is no text and has none (`invalid_label_value`)."""


class MetrionOSError(MetrionError, OSError):
    """The operating system refused (`address_in_use`, `io`)."""


class MetrionFileNotFoundError(MetrionOSError, FileNotFoundError):
    """A file, or the folder that it is to be in, is not there (`io`)."""


class MetrionPermissionError(MetrionOSError, PermissionError):
    """A file or a folder may not be used (`io`)."""


class MetrionIsADirectoryError(MetrionOSError, IsADirectoryError):
    """A folder was named where a file is to be (`io`)."""


class MetrionNotADirectoryError(MetrionOSError, NotADirectoryError):
    """A file was named where a folder is to be (`io`)."""


class MetrionConnectionRefusedError(MetrionOSError, ConnectionRefusedError):
    """Nobody listens at an address (`io`)."""


class MetrionConnectionResetError(MetrionOSError, ConnectionResetError):
    """Who was listening hung up (`io`)."""


class MetrionBrokenPipeError(MetrionOSError, BrokenPipeError):
    """Who was listening had hung up already (`io`)."""


class MetrionTimeoutError(MetrionOSError, TimeoutError):
    """Something took too long (`io`)."""


class DuplicateTimeseries(MetrionError):
    """A metric of that name is there already, with another schema (`metric_exists`).

    >>> from metrion import CollectorRegistry, Counter, Gauge
    >>> from metrion.registry import DuplicateTimeseries
    >>> registry = CollectorRegistry()
    >>> jobs = Counter("jobs", "Jobs.", registry=registry)
    >>> try:
    ...     Gauge("jobs", "Jobs.", registry=registry)
    ... except DuplicateTimeseries as error:
    ...     print(error.code)
    metric_exists
    """

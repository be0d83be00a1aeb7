"""Samples of metrics, as custom collectors give them and `collect()` shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

__all__ = ("BucketSpan", "Exemplar", "NativeHistogram", "Sample", "Timestamp")


class Timestamp:
    """A time since the Unix epoch, to the nanosecond. Before the epoch both parts are negative.

    Raises a `ValueError` unless `nsec` is from 0 to 999,999,999.

    >>> time = Timestamp(1700000000, 5)
    >>> str(time), time > Timestamp(1700000000, 4)
    ('1700000000.000000005', True)
    """

    def __init__(self, sec: float, nsec: float) -> None:
        if not 0 <= nsec < 1e9:
            raise ValueError(f"Invalid value for nanoseconds in Timestamp: {nsec}")
        self.sec: int = int(sec)
        self.nsec: int = int(-nsec if sec < 0 else nsec)

    def __str__(self) -> str:
        return f"{self.sec}.{self.nsec:09d}"

    def __repr__(self) -> str:
        return f"Timestamp({self.sec}, {self.nsec})"

    def __float__(self) -> float:
        return self.sec + self.nsec / 1e9

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __lt__(self, other: Timestamp) -> bool:
        return self._parts < other._parts

    def __gt__(self, other: Timestamp) -> bool:
        return self._parts > other._parts

    @property
    def _parts(self) -> tuple[int, int]:
        return self.sec, self.nsec


class BucketSpan(NamedTuple):
    """Neighbouring buckets of a native histogram: how many, and how far behind the last ones."""

    offset: int
    length: int


class Exemplar(NamedTuple):
    """One update that stands for others."""

    labels: Mapping[str, str]
    value: float
    timestamp: float | Timestamp | None = None


class NativeHistogram(NamedTuple):
    """A histogram with exponential buckets. The first delta is a count, each further one the
    difference of a bucket's count to that of the bucket before it."""

    count_value: float
    sum_value: float
    schema: int
    zero_threshold: float
    zero_count: float
    pos_spans: Sequence[BucketSpan] | None = None
    neg_spans: Sequence[BucketSpan] | None = None
    pos_deltas: Sequence[float] | None = None
    neg_deltas: Sequence[float] | None = None
    nh_exemplars: Sequence[Exemplar] | None = None


class Sample(NamedTuple):
    """One line of an exposition. `timestamp` is in Unix seconds.

    >>> Sample("disk_free_bytes", {"disk": "sda"}, 12e9).value
    12000000000.0
    """

    name: str
    labels: dict[str, str]
    value: float
    timestamp: float | Timestamp | None = None
    exemplar: Exemplar | None = None
    native_histogram: NativeHistogram | None = None

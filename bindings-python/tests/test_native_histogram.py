"""Histograms with native buckets."""

import math
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metrion import CollectorRegistry, Histogram, NativeHistogram, NativeHistogramOptions
from testing import code_of


def native_of(histogram: Histogram) -> NativeHistogram:
    native = histogram.get_native()
    assert native is not None
    return native


def test_native_buckets_alone(registry: CollectorRegistry) -> None:
    histogram = Histogram("h", "H.", buckets=(), native=1.1, registry=registry)
    for value in (1, 2.0, 2, -1, 0, math.nan):
        histogram.observe(value)
    # 1.1 is between 2 ** 2 ** -2 = 1.19 and 2 ** 2 ** -3 = 1.09.
    assert native_of(histogram) == NativeHistogram(
        schema=3,
        zero_threshold=2.0**-128,
        zero_count=1,
        positive=[(0, 1), (8, 2)],
        negative=[(0, 1)],
    )
    assert histogram.get() == ([5], 4)
    assert registry.get_sample_value("h_count") == 5


def test_native_beside_classic_buckets(registry: CollectorRegistry) -> None:
    histogram = Histogram("h", "H.", ["a"], buckets=[1, 2], native=2, registry=registry)
    child = histogram.labels("x")
    for value in (0.5, 1.5, 1.5, 9):
        child.observe(value)
    assert child.get() == ([1, 2, 1], 12.5)
    native = native_of(histogram.curry(a="x"))
    assert (native.schema, native.positive) == (0, [(-1, 1), (1, 2), (4, 1)])
    with child.time():
        pass
    assert sum(child.get()[0]) == 5
    histogram.reset()
    assert child.get() == ([0, 0, 0], 0)
    assert native_of(child).positive == []


def test_a_histogram_without_native_buckets(registry: CollectorRegistry) -> None:
    assert Histogram("h", "H.", registry=registry).get_native() is None


@settings(max_examples=50)
@given(
    st.lists(st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)),
    st.integers(-4, 8),
)
def test_every_observation_is_in_its_bucket(values: list[float], schema: int) -> None:
    options = NativeHistogramOptions(schema=schema, max_buckets=4096)
    histogram = Histogram("h", "H.", buckets=(), native=options, registry=CollectorRegistry())
    for value in values:
        histogram.observe(value)
    native = native_of(histogram)
    assert native.zero_count == values.count(0)
    for sign, buckets in ((1, native.positive), (-1, native.negative)):
        own = sorted(sign * value for value in values if sign * value > 0)
        assert sum(count for _, count in buckets) == len(own)
        for index, count in buckets:
            members, own = own[: int(count)], own[int(count) :]
            for member in members:
                # Whose logarithm is in the bucket, but for the rounding of the logarithm.
                assert index - 1 - 1e-9 < math.log2(member) * 2**native.schema < index + 1e-9


def test_limited_buckets(registry: CollectorRegistry) -> None:
    options = NativeHistogramOptions(schema=8, max_buckets=4)
    histogram = Histogram("merged", "M.", buckets=(), native=options, registry=registry)
    for value in range(1, 101):
        histogram.observe(value)
    native = native_of(histogram)
    assert native.schema < 8
    assert len(native.positive) <= 4
    assert sum(count for _, count in native.positive) == 100

    options = NativeHistogramOptions(
        factor=1.1, max_buckets=2, zero_threshold=0.5, max_zero_threshold=10
    )
    histogram = Histogram("widened", "W.", buckets=(), native=options, registry=registry)
    for amount in (0.1, 1, 100, 1000):
        histogram.observe(amount)
    native = native_of(histogram)
    assert (native.schema, native.zero_count) == (3, 2)
    assert 1 <= native.zero_threshold <= 10


def test_what_is_refused(registry: CollectorRegistry) -> None:
    def make(native: Any) -> Histogram:
        return Histogram("h", "H.", native=native, registry=registry)

    wrong: Any
    for wrong in (
        1,
        -2.5,
        math.nan,
        NativeHistogramOptions(factor=0.5),
        NativeHistogramOptions(schema=9),
        NativeHistogramOptions(factor=1.1, schema=3),
        NativeHistogramOptions(max_buckets=0),
        NativeHistogramOptions(zero_threshold=-1),
        NativeHistogramOptions(min_reset_seconds=math.nan),
    ):
        assert code_of(partial(make, wrong)) == "invalid_buckets"
    text: Any = "high"
    for wrong in ("1.1", object(), NativeHistogramOptions(schema=text)):
        with pytest.raises(TypeError):
            make(wrong)
    assert make(NativeHistogramOptions()).name == "h"
    assert code_of(lambda: make(None)) == "metric_exists"

"""What tests of several types use."""

from collections.abc import Callable, Iterator
from typing import Any

import prometheus_client
import pytest
from metrion import CollectorRegistry, MetrionError


def code_of(call: Callable[[], Any]) -> str:
    """The code of the error that the call raises."""
    with pytest.raises(MetrionError) as failure:
        call()
    assert isinstance(failure.value, ValueError)
    assert str(failure.value)
    return failure.value.code


def check_samples(ours: CollectorRegistry, theirs: prometheus_client.CollectorRegistry) -> None:
    """Every sample of prometheus_client's registry is in ours, with the same value."""
    samples = list(_samples(theirs))
    assert samples
    for name, labels, value in samples:
        assert ours.get_sample_value(name, labels) == value, (name, labels)


def _samples(
    registry: prometheus_client.CollectorRegistry,
) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in registry.collect():
        for sample in family.samples:
            # Two clients do not create a series at the same moment.
            if not sample.name.endswith("_created"):
                yield sample.name, sample.labels, sample.value

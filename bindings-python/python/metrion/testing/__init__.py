"""For the tests of programs that use Metrion.

>>> from metrion import CollectorRegistry, Counter, generate_latest
>>> registry = CollectorRegistry()
>>> jobs = Counter("jobs", "Jobs that ended.", ["queue"], registry=registry)
>>> jobs.labels("mail").inc()
>>> sample_value("jobs_total", {"queue": "mail"}, registry)
1.0
>>> compare('''
... # HELP jobs_total Jobs that ended.
... # TYPE jobs_total counter
... jobs_total{queue="mail"} 1
... ''', registry)
>>> lint(registry)
[]

`metrion.testing.fixtures` has fixtures for pytest.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from metrion._metrion import (
    REGISTRY,
    Checkpoint,
    CollectorRegistry,
    ManualClock,
    check_exposition,
    compare,
    lint,
    parse,
)
from metrion._values import Finding

__all__ = (
    "Finding",
    "ManualClock",
    "check_exposition",
    "compare",
    "isolated",
    "lint",
    "parse",
    "sample_value",
)


def sample_value(
    name: str,
    labels: Mapping[str, object] | None = None,
    registry: CollectorRegistry = REGISTRY,
) -> float | None:
    """The value of the sample with this name and exactly these labels; None if there is none.

    A counter's sample ends with `_total`; a histogram has `_count`, `_sum` and `_bucket`.

    >>> from metrion import CollectorRegistry, Counter
    >>> registry = CollectorRegistry()
    >>> Counter("jobs", "Jobs that ended.", ["queue"], registry=registry).labels("mail").inc()
    >>> sample_value("jobs_total", {"queue": "mail"}, registry)
    1.0
    >>> sample_value("jobs_total", {"queue": "web"}, registry)
    """
    return registry.get_sample_value(name, {} if labels is None else labels)


@contextmanager
def isolated(registry: CollectorRegistry = REGISTRY) -> Generator[CollectorRegistry, None, None]:
    """Puts the registry back, after the block, to what it was before.

    - Metrics, series and collectors that came meanwhile are taken out. Their objects still work,
      but show nowhere.
    - Collectors and `target_info` are those of before. Metrics and series that were taken out stay
      out.
    - Counters, gauges, enums, histograms with classic buckets and summaries without quantiles have
      the numbers of before.
    - Native histograms, summaries with quantiles, infos, exemplars and the times at which series
      began stay as the block left them.

    No other thread may use the registry at its end. A registry of `metrion.dropin` has tables of
    its own, which this does not know.

    >>> from metrion import Counter, CollectorRegistry
    >>> registry = CollectorRegistry()
    >>> old = Counter("old", "Was there before.", registry=registry)
    >>> with isolated(registry):
    ...     old.inc(5)
    ...     _ = Counter("new", "Is not there afterwards.", registry=registry)
    >>> old.get(), [family.name for family in registry.collect()]
    (0.0, ['old'])
    """
    checkpoint = Checkpoint(registry)
    try:
        yield registry
    finally:
        checkpoint.go_back()

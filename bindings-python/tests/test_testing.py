"""`metrion.testing`: what the tests of programs use."""

from __future__ import annotations

import doctest
import threading
from collections.abc import Iterator

import metrion.testing
import pytest
from metrion import (
    CollectorRegistry,
    Counter,
    Enum,
    Gauge,
    Histogram,
    Info,
    Summary,
    encode,
    generate_latest,
)
from metrion.metrics_core import GaugeMetricFamily, Metric
from metrion.testing import Finding, ManualClock, compare, isolated, lint, parse, sample_value
from testing import code_of

pytest_plugins = ["pytester"]


class One:
    """A collector of one gauge."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("one", "One.", value=1)


def test_examples() -> None:
    result = doctest.testmod(metrion.testing)
    assert result.failed == 0
    assert result.attempted > 5


def test_sample_value(registry: CollectorRegistry) -> None:
    histogram = Histogram("h", "H.", ["a"], buckets=[1], registry=registry)
    histogram.labels("x").observe(0.5)
    assert sample_value("h_bucket", {"a": "x", "le": "1.0"}, registry) == 1
    assert sample_value("h_count", {"a": "x"}, registry=registry) == 1
    assert sample_value("h_count", registry=registry) is None
    assert sample_value("h_count", {"a": "y"}, registry) is None
    assert sample_value("python_info") is None
    assert (sample_value("process_open_fds") or 0) > 2


def test_manual_clock() -> None:
    clock = ManualClock(1000.0)
    registry = CollectorRegistry(clock=clock)
    hits = Counter("hits", "Hits.", ["page"], expire_after=60, registry=registry)
    hits.labels("a").inc()
    assert sample_value("hits_total", {"page": "a"}, registry) == 1
    clock.advance(61)
    assert sample_value("hits_total", {"page": "a"}, registry) is None
    assert clock.time() == 1061


PAGE = """# HELP jobs_total Jobs.
# TYPE jobs_total counter
jobs_total{queue="mail"} 2
"""


@pytest.fixture
def jobs(registry: CollectorRegistry) -> CollectorRegistry:
    Counter("jobs", "Jobs.", ["queue"], registry=registry).labels("mail").inc(2)
    return registry


def test_compare_takes_any_exposition(jobs: CollectorRegistry) -> None:
    page = generate_latest(jobs)
    for found in (jobs, jobs.restricted_registry(["jobs_total"]), page, page.decode()):
        compare(PAGE, found)
        compare(found, PAGE)
    openmetrics = encode(jobs, "openmetrics")
    compare(openmetrics, openmetrics.body)
    wrong: object = 7
    with pytest.raises(TypeError):
        compare(PAGE, wrong)  # type: ignore[arg-type]


def test_compare_shows_what_differs(jobs: CollectorRegistry) -> None:
    with pytest.raises(AssertionError) as failure:
        compare(PAGE.replace("2", "3").replace("counter", "gauge"), jobs)
    assert str(failure.value).splitlines() == [
        "the expositions differ (- expected, + found):",
        "- # TYPE jobs_total gauge",
        "+ # TYPE jobs_total counter",
        '- jobs_total{queue="mail"} 3',
        '+ jobs_total{queue="mail"} 2',
    ]
    with pytest.raises(AssertionError, match="cannot be parsed: line 1"):
        compare(PAGE, "jobs_total{")


def test_lint(registry: CollectorRegistry, jobs: CollectorRegistry) -> None:
    assert lint(jobs) == lint(PAGE) == lint(encode(jobs, "openmetrics")) == []
    Gauge("took_milliseconds", "", registry=registry)
    assert lint(registry) == [
        Finding("took_milliseconds", "no help text"),
        Finding("took_milliseconds", 'use base unit "seconds" instead of "milliseconds"'),
    ]
    twice = '# HELP a A.\na{b="1"} 1\na{b="1"} 2\n'
    assert lint(twice) == [Finding("a", "metric not unique")]
    assert code_of(lambda: lint("a{")) == "parse_error"


def test_parse(jobs: CollectorRegistry) -> None:
    for page in (PAGE, jobs, encode(jobs, "openmetrics")):
        [family] = parse(page)
        assert (family.name, family.documentation, family.type) == ("jobs", "Jobs.", "counter")
        [sample] = family.samples
        assert sample[:3] == ("jobs_total", {"queue": "mail"}, 2)
    assert parse("") == []
    assert code_of(lambda: parse("a b")) == "parse_error"


def test_isolated_puts_numbers_back(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", ["a"], registry=registry)
    gauge = Gauge("g", "G.", registry=registry)
    up_down = Gauge("u", "U.", mode="up_down", registry=registry)
    histogram = Histogram("h", "H.", registry=registry)
    summary = Summary("s", "S.", registry=registry)
    enum = Enum("e", "E.", states=["on", "off"], registry=registry)

    def update() -> None:
        counter.labels("x").inc(2)
        gauge.inc(3)
        up_down.dec(4)
        histogram.observe(0.25)
        summary.observe(0.5)

    update()
    before = generate_latest(registry)
    with isolated(registry) as same:
        assert same is registry
        update()
        # Another thread counts in cells of its own.
        thread = threading.Thread(target=update)
        thread.start()
        thread.join()
        enum.state("off")
        counter.labels("y").inc()
        gauge.set_function(lambda: 9)
        Gauge("new", "New.", registry=registry)
        registry.set_target_info({"a": "b"})
        registry.register(One())
        assert generate_latest(registry) != before
    assert generate_latest(registry) == before
    counter.labels("x").inc()
    counter.labels("y").inc()
    assert (counter.labels("x").get(), counter.labels("y").get()) == (3, 1)
    assert registry.get_target_info() is None


def test_isolated_gives_names_and_collectors_back(registry: CollectorRegistry) -> None:
    one = One()
    registry.register(one)
    registry.set_target_info({"a": "b"})
    other = One()
    with pytest.raises(ZeroDivisionError), isolated(registry):
        registry.unregister(one)
        registry.set_target_info(None)
        Gauge("one", "In the collector's place.", registry=registry)
        registry.register(other)
        _ = 1 / 0
    assert sample_value("one", registry=registry) == 1
    assert sample_value("target_info", {"a": "b"}, registry) == 1
    with pytest.raises(KeyError):
        registry.unregister(other)
    registry.unregister(one)
    registry.set_target_info(None)
    assert generate_latest(registry) == b""


def test_isolated_within_isolated(registry: CollectorRegistry) -> None:
    counter = Counter("c", "C.", registry=registry)
    with isolated(registry):
        counter.inc()
        with isolated(registry):
            counter.inc(10)
        assert counter.get() == 1
    assert counter.get() == 0


def test_what_isolated_does_not_put_back(registry: CollectorRegistry) -> None:
    native = Histogram("n", "N.", native=1.1, buckets=(), registry=registry)
    quantiles = Summary("q", "Q.", objectives=[0.5], registry=registry)
    info = Info("i", "I.", registry=registry)
    gone = Gauge("gone", "Gone.", registry=registry)
    with isolated(registry):
        native.observe(1)
        quantiles.observe(1)
        info.info({"a": "b"})
        registry.unregister(gone)
    assert sample_value("n_count", registry=registry) == 1
    assert sample_value("q_count", registry=registry) == 1
    assert info.get() == {"a": "b"}
    assert sample_value("gone", registry=registry) is None
    Gauge("gone", "Its name is free.", registry=registry)


def test_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["metrion.testing.fixtures"]')
    pytester.makepyfile(
        program="""
        from metrion import Counter

        jobs = Counter("jobs", "Jobs that ended.", ["queue"])
        """,
        test_program="""
        import metrion
        import pytest
        from metrion.testing import sample_value
        from program import jobs

        @pytest.mark.parametrize("time", ["first", "second"])
        def test_counts(isolated_registry, time):
            assert isolated_registry is metrion.REGISTRY
            jobs.labels("mail").inc()
            metrion.Gauge("only_here", f"Of the {time} test.").set(1)
            assert sample_value("jobs_total", {"queue": "mail"}) == 1
            assert sample_value("only_here") == 1

        def test_is_as_before():
            assert sample_value("jobs_total", {"queue": "mail"}) is None
            assert sample_value("only_here") is None

        def test_own_registry(metrion_registry):
            assert metrion.generate_latest(metrion_registry) == b""
            metrion.Gauge("own", "Own.", registry=metrion_registry)
            assert sample_value("own", registry=metrion_registry) == 0

        def test_another_own_registry(metrion_registry):
            assert sample_value("own", registry=metrion_registry) is None

        def test_fails(isolated_registry):
            jobs.labels("mail").inc()
            assert False

        def test_is_as_before_even_then():
            assert sample_value("jobs_total", {"queue": "mail"}) is None
        """,
    )
    # In a process of its own: the default registry is one for each process.
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_program.py::test_fails*"])


def test_the_fixtures_are_documented(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["metrion.testing.fixtures"]')
    result = pytester.runpytest_subprocess("--fixtures")
    result.stdout.fnmatch_lines(["metrion_registry*", "*registry of the test's own*"])
    result.stdout.fnmatch_lines(["isolated_registry*", "*put back after the test*"])

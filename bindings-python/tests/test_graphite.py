"""Sending to Graphite's plain-text protocol."""

import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import metrion
import prometheus_client
import prometheus_client.bridge.graphite
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metrion import CollectorRegistry, Counter, Gauge, MetrionError
from metrion.bridge.graphite import GraphiteBridge
from server_testing import wait_until
from testing import code_of

SECONDS = 20


@pytest.fixture
def graphite() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        yield listener


def received(graphite: socket.socket) -> str:
    connection, _ = graphite.accept()
    with connection:
        connection.settimeout(SECONDS)
        parts = list(iter(lambda: connection.recv(65536), b""))
        return b"".join(parts).decode("ascii")


def now() -> float:
    return 1434898897.5


VALUES = st.text(st.characters(codec="utf-8"), max_size=4)


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(st.tuples(VALUES, VALUES), st.floats(-1e15, 1e15).map(lambda x: round(x, 3))),
    st.sampled_from(["", "pre", "pre.fix"]),
    st.booleans(),
)
def test_lines_are_those_of_prometheus_client(
    series: dict[tuple[str, str], float], prefix: str, tags: bool
) -> None:
    texts = []
    with socket.create_server(("127.0.0.1", 0)) as graphite:
        graphite.settimeout(SECONDS)
        for module in (prometheus_client, metrion):
            registry = module.CollectorRegistry()
            gauge = module.Gauge("g_x", "G.", ["b", "a"], registry=registry)
            for labels, value in series.items():
                gauge.labels(*labels).set(value)
            histogram = module.Histogram("h", "H.", registry=registry, buckets=[0.5, 2])
            histogram.observe(1)
            bridge = sys.modules[f"{module.__name__}.bridge.graphite"]
            address = graphite.getsockname()
            bridge.GraphiteBridge(address, registry, _timer=now, tags=tags).push(prefix)
            lines = received(graphite).splitlines()
            # Ours shows when a metric began only where that is asked for.
            texts.append(sorted(line for line in lines if "h_created" not in line))
    theirs, ours = texts
    assert [parsed(line) for line in ours] == [parsed(line) for line in theirs]


def parsed(line: str) -> tuple[str, float, str]:
    path, value, time = line.rsplit(" ", 2)
    return path, float(value), time


def test_created_metrics(graphite: socket.socket, registry: CollectorRegistry) -> None:
    Counter("c", "C.", registry=registry)
    bridge = GraphiteBridge(graphite.getsockname(), registry)
    metrion.enable_created_metrics()
    try:
        bridge.push()
        assert "c_created " in received(graphite)
    finally:
        metrion.disable_created_metrics()
    bridge.push()
    assert "c_created " not in received(graphite)


def test_a_collector_of_ones_own(graphite: socket.socket) -> None:
    class Own:
        def collect(self) -> Any:
            family = metrion.Metric("m", "M.", "gauge")
            family.add_sample("m", {"a": "b"}, 2)
            return [family]

    GraphiteBridge(graphite.getsockname(), Own(), _timer=now).push()
    assert received(graphite) == "m.a.b 2.0 1434898897\n"


def test_a_timer_that_fails(graphite: socket.socket, registry: CollectorRegistry) -> None:
    Gauge("g", "G.", registry=registry)
    bridge = GraphiteBridge(graphite.getsockname(), registry, _timer=lambda: 1 / 0)
    bridge.push()
    # The system's time then.
    assert int(received(graphite).split()[2]) > 1_700_000_000


def test_start_and_stop(
    graphite: socket.socket, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    # A function in it, which needs the interpreter's lock.
    Gauge("g", "G.", registry=registry).set_function(lambda: 3)
    bridge = GraphiteBridge(graphite.getsockname(), registry, _timer=now)
    with caplog.at_level(logging.WARNING, "metrion"):
        bridge.start(0.01, "a.b")
        for _ in range(3):
            assert received(graphite) == "a.b.g 3.0 1434898897\n"
        wait_until(lambda: bridge.stats()[0] >= 3, "three pushes")
        graphite.close()
        wait_until(lambda: bridge.stats()[1] >= 2, "two failures")
    bridge.stop()
    assert bridge.stats() == (0, 0)
    assert any("push to Graphite" in record.message for record in caplog.records)
    bridge.stop()


def test_who_refuses_and_who_takes_nothing(graphite: socket.socket) -> None:
    class Large:
        """More than the buffers of two sockets hold."""

        def collect(self) -> Any:
            family = metrion.Metric("m", "M.", "gauge")
            for number in range(32):
                family.add_sample("m", {"a": f"{number}{'x' * (1 << 20)}"}, 1)
            return [family]

    address = graphite.getsockname()
    with pytest.raises(TimeoutError) as slow:
        GraphiteBridge(address, Large(), timeout_seconds=0.1).push()
    assert isinstance(slow.value, MetrionError) and slow.value.code == "io"
    graphite.close()
    with pytest.raises(ConnectionRefusedError) as refused:
        GraphiteBridge(address, CollectorRegistry()).push()
    assert isinstance(refused.value, MetrionError) and refused.value.code == "io"


def test_wrong_arguments(graphite: socket.socket, registry: CollectorRegistry) -> None:
    address = graphite.getsockname()
    for timeout in (-1, float("nan"), float("inf")):
        assert code_of(lambda t=timeout: GraphiteBridge(address, registry, t)) == "invalid_value"  # type: ignore[misc]
    bridge = GraphiteBridge(address, registry)
    for prefix in ("a b", "é", "a\nb"):
        assert code_of(lambda p=prefix: bridge.push(p)) == "invalid_value"  # type: ignore[misc]
        assert code_of(lambda p=prefix: bridge.start(1, p)) == "invalid_value"  # type: ignore[misc]
    for interval in (0, -1, float("nan")):
        assert code_of(lambda i=interval: bridge.start(i)) == "invalid_value"  # type: ignore[misc]


PROGRAM = """
import socket
from metrion import CollectorRegistry, Gauge
from metrion.bridge.graphite import GraphiteBridge
registry = CollectorRegistry()
Gauge("g", "G.", registry=registry).set_function(lambda: sum(range(1000)))
listener = socket.create_server(("127.0.0.1", 0))
GraphiteBridge(listener.getsockname(), registry, _timer=lambda: 1.0).start(0.0001)
for _ in range(20):
    listener.accept()[0].close()
"""


def test_a_process_that_ends_while_it_sends() -> None:
    for _ in range(5):
        run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, timeout=60)
        assert run.returncode == 0, run.stderr
        # What the log says of pushes to a listener that is gone is right.
        assert b"Fatal" not in run.stderr and b"Traceback" not in run.stderr, run.stderr

"""The service under real traffic, seen by a real Prometheus: every number has to be right."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import HERE, Prometheus, fetch, running_prometheus, running_service, wait_until
from traffic import Series, Traffic, planned

WORKERS = 8
VISITS = 8
LABELS = Series._fields
RUN_SECONDS = 90

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="the program `prometheus` is not installed"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Prometheus]]:
    """The service after a known number of requests, and the Prometheus that scraped it since."""
    directory = tmp_path_factory.mktemp("stack")
    with (
        running_service(directory) as service_url,
        running_prometheus(directory, service_url) as prometheus,
    ):
        traffic = Traffic(service_url, workers=WORKERS, visits=VISITS, pause=0)
        traffic.start()
        traffic.wait()
        assert not traffic.failures
        assert traffic.sent == planned(workers=WORKERS, visits=VISITS)
        prometheus.wait_for_scrape()
        yield service_url, prometheus


@pytest.mark.parametrize(
    "name",
    [
        "http_requests_total",
        "http_request_duration_seconds_count",
        "http_request_size_bytes_count",
        "http_response_size_bytes_count",
        'http_request_duration_seconds_bucket{le="+Inf"}',
    ],
)
def test_every_request_is_counted_once(stack: tuple[str, Prometheus], name: str) -> None:
    _, prometheus = stack
    counted = prometheus.query(f"sum by ({', '.join(LABELS)}) ({name})", *LABELS)
    assert counted == planned(workers=WORKERS, visits=VISITS)


def test_nothing_is_in_flight_at_the_end(stack: tuple[str, Prometheus]) -> None:
    _, prometheus = stack
    in_flight = prometheus.query("http_requests_in_flight", "method", "route")
    used = {(method, route) for method, route, _ in planned(workers=WORKERS, visits=VISITS)}
    assert in_flight == dict.fromkeys(used, 0)


def test_the_service_counts_its_business(stack: tuple[str, Prometheus]) -> None:
    _, prometheus = stack
    visits = WORKERS * VISITS
    assert prometheus.query("bags_ordered_total", "coffee") == {
        ("house",): 2 * visits,
        ("espresso",): 1 * visits,
        ("decaf",): 40 * visits,
    }
    assert prometheus.query("order_value_euros_count") == {(): 3 * visits}
    assert prometheus.query("order_value_euros_sum") == {(): (18 + 12.5 + 520) * visits}


def test_the_target_is_up(stack: tuple[str, Prometheus]) -> None:
    _, prometheus = stack
    assert prometheus.query("up", "job") == {("orders",): 1}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="`promtool` is not installed")
def test_promtool_finds_nothing_wrong_with_the_metrics(stack: tuple[str, Prometheus]) -> None:
    service_url, _ = stack
    check = subprocess.run(
        ["promtool", "check", "metrics"],
        input=fetch(f"{service_url}/metrics"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    assert (check.returncode, check.stdout) == (0, b"")


def test_a_run_of_some_seconds_checks_the_numbers() -> None:
    run = subprocess.run(
        [sys.executable, HERE / "run.py"],
        env={**os.environ, "SECONDS": "8"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Right: Prometheus counted all" in run.stdout


def test_ctrl_c_stops_everything_that_was_started(tmp_path: Path) -> None:
    output = tmp_path / "output"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    environment.pop("SECONDS", None)
    command = [sys.executable, str(HERE / "run.py")]
    with output.open("wb") as file:
        run = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)

    def is_at_work() -> bool:
        assert run.poll() is None, output.read_text()
        return "requests sent" in output.read_text()

    try:
        wait_until(is_at_work, "the first table", RUN_SECONDS)
        children = children_of(run.pid)
        run.send_signal(signal.SIGINT)
        status = run.wait(RUN_SECONDS)
    finally:
        run.kill()
        run.wait()
    assert status in (0, 130)
    assert len(children) == 2
    assert not [pid for pid in children if is_running(pid)]
    assert not list(temporary.iterdir())


def children_of(parent: int) -> list[int]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    processes = (line.split() for line in listing.splitlines())
    return [int(pid) for pid, ppid in processes if int(ppid) == parent]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

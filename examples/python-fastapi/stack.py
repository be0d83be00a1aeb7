"""Runs the service and a Prometheus that scrapes it, for as long as a `with` block lasts."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from string import Template
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

HERE = Path(__file__).parent
START_SECONDS = 30
SCRAPE_SECONDS = 15
STOP_SECONDS = 10
LOG_LINES_SHOWN = 20

# All servers are on this machine, whatever proxy the environment names.
_opener = build_opener(ProxyHandler({}))


class StackError(Exception):
    """Something of the stack does not work; the message says what, for the person at the screen."""


class Prometheus:
    """A running Prometheus that scrapes one target."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expression: str, *labels: str) -> dict[tuple[str, ...], float]:
        """Evaluates a PromQL expression for now: its values by those labels of the results."""
        parameters = urlencode({"query": expression})
        answer = json.loads(fetch(f"{self.url}/api/v1/query?{parameters}"))
        return {
            tuple(result["metric"].get(label, "") for label in labels): float(result["value"][1])
            for result in answer["data"]["result"]
        }

    def graph_url(self, expression: str) -> str:
        """The page that draws an expression for the last five minutes."""
        parameters = {"g0.expr": expression, "g0.tab": "0", "g0.range_input": "5m"}
        return f"{self.url}/graph?{urlencode(parameters, safe='()')}"

    def wait_for_scrape(self) -> None:
        """Waits for a scrape that begins after this call, until its samples can be queried."""
        asked = time.time()

        def is_scraped() -> bool:
            return self.query("timestamp(up)").get((), 0) > asked

        wait_until(is_scraped, "a scrape of the service", SCRAPE_SECONDS)


@contextmanager
def running_service(directory: Path) -> Iterator[str]:
    """Runs the service with its database and log in `directory`; gives its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "service:app", "--app-dir", str(HERE)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    command += ["--timeout-keep-alive", "60", "--no-access-log"]
    database = {"ORDERS_DATABASE": str(directory / "orders.db")}
    # Its metrics tell that it is ready: they are the one page that is not counted itself.
    with running(command, directory / "service.log", f"{url}/metrics", database):
        yield url


@contextmanager
def running_prometheus(directory: Path, service_url: str) -> Iterator[Prometheus]:
    """Runs a Prometheus that scrapes the service every second, with its data in `directory`."""
    program = shutil.which("prometheus")
    if program is None:
        raise StackError(
            "the program `prometheus` is not on the PATH: install it with "
            "`apt install prometheus`, or from https://prometheus.io/download/"
        )
    configuration = directory / "prometheus.yml"
    template = Template((HERE / "prometheus.yml").read_text())
    configuration.write_text(template.substitute(target=service_url.removeprefix("http://")))

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        program,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={directory / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, directory / "prometheus.log", f"{url}/-/ready", {}):
        prometheus = Prometheus(url)
        # Prometheus takes some seconds to look at its targets for the first time.
        prometheus.wait_for_scrape()
        yield prometheus


@contextmanager
def running(
    command: list[str], log: Path, ready_url: str, environment: dict[str, str]
) -> Iterator[None]:
    """Runs a program that answers at `ready_url`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            # Ctrl-C in the terminal is for us alone: we stop the others in order.
            start_new_session=True,
        )

    def is_ready() -> bool:
        if process.poll() is not None:
            last_lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
            raise StackError("\n".join([f"{log.stem} ended at its start:", *last_lines]))
        with suppress(OSError):
            fetch(ready_url)
            return True
        return False

    try:
        wait_until(is_ready, f"{log.stem} to start", START_SECONDS)
        yield
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    finally:
        process.kill()  # Does nothing to a process that has ended.
        process.wait()


def fetch(url: str) -> bytes:
    """The body of a page. Raises OSError when there is none."""
    with _opener.open(url, timeout=5) as response:
        body: bytes = response.read()
        return body


def wait_until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Polls `condition` until it holds; raises StackError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(f"waited {seconds} seconds in vain for {what}")
        time.sleep(0.05)


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

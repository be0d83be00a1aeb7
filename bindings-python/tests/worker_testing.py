"""Servers with worker processes, for tests: started by their own commands, asked, and ended by
their process ids."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).parent
SECONDS = 60


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Polls `condition` until it holds; fails when it does not in time."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def environment(**variables: str) -> dict[str, str]:
    """The environment of a program that imports from the folder of these tests."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in ("METRION_SHARED", "PROMETHEUS_MULTIPROC_DIR")
    }
    return {**inherited, "PYTHONPATH": str(TESTS), "PYTHONUNBUFFERED": "1", **variables}


@contextmanager
def running(
    module: str, *arguments: str, env: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs `python -m module arguments`, and ends it when the block does."""
    with log.open("wb") as output:
        program = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=dict(env),
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield program
        finally:
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read().decode()
        assert answer.status == 200, body
        return body
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        get(port, "/metrics")
    except (OSError, http.client.HTTPException):
        return False
    return True


def total(page: str, name: str) -> float:
    """The sum of the samples of that name."""
    numbers = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", page, re.MULTILINE)
    return sum(map(float, numbers))


def pids(page: str, name: str) -> set[int]:
    """The labels `pid` of the samples of that name."""
    rows = re.findall(rf"^{name}{{(.*)}} \S+$", page, re.MULTILINE)
    return {int(pid) for row in rows for pid in re.findall(r'pid="(\d+)"', row)}


class Load:
    """Requests from several threads, and how they ended."""

    def __init__(self, port: int, requests: int, threads: int = 4) -> None:
        self.answered = 0
        self.failed: list[str] = []
        self._lock = threading.Lock()
        self._port = port
        self._left = requests
        self._threads = [threading.Thread(target=self._send) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        while True:
            with self._lock:
                if self._left == 0:
                    return
                self._left -= 1
            try:
                get(self._port, "/quick")
            except (OSError, http.client.HTTPException) as error:
                with self._lock:
                    self.failed.append(repr(error))
            else:
                with self._lock:
                    self.answered += 1

    def is_over(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

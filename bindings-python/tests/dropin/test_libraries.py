"""Libraries around prometheus_client, unchanged, on the drop-in and on the original: the same
service gets the same requests over HTTP, and must show the same metrics."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

SERVICE = Path(__file__).with_name("service.py")
PATIENCE = 30
REQUESTS = [
    ("GET", "/things/1", 200),
    ("GET", "/things/1000", 200),
    ("GET", "/things/1000", 200),
    ("POST", "/nowhere", 404),
    ("GET", "/nowhere", 404),
]


@contextmanager
def running(library: str, package: str) -> Iterator[int]:
    """The port of a service, which ends with the block."""
    command = [sys.executable, str(SERVICE), library, package]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            # The socket listens already: a request waits until somebody takes it.
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(PATIENCE)


def ask(port: int, method: str, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, target, headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def samples(port: int) -> dict[tuple[str, frozenset[tuple[str, str]]], float | None]:
    """What the service shows after the requests: each sample, with None for those of time."""
    for method, target, status in REQUESTS:
        assert ask(port, method, target)[0] == status
    status, page = ask(port, "GET", "/metrics")
    assert status == 200
    shown: dict[tuple[str, frozenset[tuple[str, str]]], float | None] = {}
    for family in text_string_to_metric_families(page.decode()):
        if family.name.startswith(("process_", "python_")):
            continue
        is_of_time = "seconds" in family.name or "duration" in family.name
        for sample in family.samples:
            counts = not is_of_time or sample.name.endswith("_count")
            if sample.name.endswith("_created"):
                counts = False
            shown[sample.name, frozenset(sample.labels.items())] = sample.value if counts else None
    return shown


@pytest.mark.parametrize("library", ["instrumentator", "starlette_exporter", "django"])
def test_the_same_metrics(library: str) -> None:
    with running(library, "original") as original, running(library, "dropin") as dropin:
        expected, found = samples(original), samples(dropin)
    assert len(expected) > 10
    assert found == expected

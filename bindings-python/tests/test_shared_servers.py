"""Servers with worker processes, as they are deployed: every request is counted once, any worker
answers for all, and what ended workers had in flight is gone."""

from __future__ import annotations

import http.client
import importlib.util
import os
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import metrion
import pytest
from worker_testing import (
    Load,
    answers,
    environment,
    free_port,
    get,
    pids,
    running,
    total,
    wait_until,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="registries are shared on Linux")

REQUESTS = 300
# What users of prometheus_client have.
GUNICORN_CONFIGURATION = """
def child_exit(server, worker):
    import metrion.dropin
    from prometheus_client import multiprocess
    multiprocess.mark_process_dead(worker.pid)
"""


class Server:
    """A running server of `worker_app`."""

    def __init__(self, port: int) -> None:
        self.port = port

    def page(self) -> str:
        """The page of some worker. One that is about to end may hang up: then that of another."""
        pages: list[str] = []

        def has_answered() -> bool:
            try:
                pages.append(get(self.port, "/metrics"))
            except (OSError, http.client.HTTPException):
                return False
            return True

        wait_until(has_answered, "a page")
        return pages[0]

    def count(self) -> float:
        return total(self.page(), "requests_total")

    def load(self, requests: int) -> Load:
        """Sends requests, and looks at pages meanwhile: what they count never goes back."""
        load = Load(self.port, requests)
        seen = 0.0
        while not load.is_over():
            now = self.count()
            assert now >= seen
            seen = now
        load.join()
        return load

    def in_flight(self) -> float:
        return total(self.page(), "in_flight")


def variables(metrics: str, folder: Path) -> dict[str, str]:
    # The folder is there, as prometheus_client wants it.
    (folder / "metrics").mkdir()
    shared = {
        "dropin": {"PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")},
        "metrion": {"METRION_SHARED": str(folder / "registry")},
        "inherited": {},
    }
    return environment(APP_METRICS=metrics, **shared[metrics])


def start(stack: ExitStack, folder: Path, metrics: str, module: str, *arguments: str) -> Server:
    port = free_port()
    filled = [argument.replace("PORT", str(port)) for argument in arguments]
    log = folder / "log"
    stack.enter_context(running(module, *filled, env=variables(metrics, folder), log=log))
    try:
        wait_until(lambda: answers(port), module)
    except AssertionError:
        print(log.read_text())
        raise
    return Server(port)


def check(server: Server) -> None:
    """Sends requests while workers come and go, then kills one in the middle of a request."""
    load = server.load(REQUESTS)
    # A worker that ends after its share of requests may hang up on one that it has not read.
    assert load.answered + len(load.failed) == REQUESTS
    counted = server.count()
    assert load.answered <= counted <= REQUESTS
    if not load.failed:
        assert counted == REQUESTS
    wait_until(lambda: server.in_flight() == 0, "requests in flight to end")

    hanging = threading.Thread(target=hang, args=(server.port,))
    hanging.start()
    wait_until(lambda: bool(pids(server.page(), "hanging")), "a request that hangs")
    [worker] = pids(server.page(), "hanging")
    assert server.in_flight() == 1
    assert server.count() == counted + 1
    os.kill(worker, signal.SIGKILL)
    hanging.join()
    wait_until(lambda: server.in_flight() == 0, "the killed worker's request to be dropped")
    assert pids(server.page(), "hanging") == set()
    assert server.count() == counted + 1
    after = server.load(50)
    assert counted + 1 + after.answered <= server.count() <= counted + 51
    wait_until(lambda: server.in_flight() == 0, "requests in flight to end")


def hang(port: int) -> None:
    with pytest.raises((OSError, http.client.HTTPException)):
        get(port, "/hang")


@pytest.mark.parametrize(
    ("metrics", "preload"),
    [
        ("metrion", False),
        ("metrion", True),
        ("dropin", False),
        ("dropin", True),
        ("inherited", True),
    ],
)
@pytest.mark.parametrize("workers", ["sync", "gthread", "uvicorn_worker.UvicornWorker"])
def test_gunicorn(tmp_path: Path, workers: str, metrics: str, preload: bool) -> None:
    configuration = tmp_path / "gunicorn.conf.py"
    configuration.write_text(GUNICORN_CONFIGURATION if metrics == "dropin" else "")
    app = "worker_app:asgi" if "Uvicorn" in workers else "worker_app:wsgi"
    options = ["--config", str(configuration), "--bind", "127.0.0.1:PORT", "--workers", "3"]
    options += ["--worker-class", workers, "--max-requests", "40", "--max-requests-jitter", "20"]
    options += ["--graceful-timeout", "5", *(["--preload"] if preload else [])]
    if workers == "gthread":
        options += ["--threads", "4"]
    with ExitStack() as stack:
        check(start(stack, tmp_path, metrics, "gunicorn", *options, app))


@pytest.mark.parametrize("metrics", ["metrion", "dropin"])
def test_uvicorn(tmp_path: Path, metrics: str) -> None:
    options = ["--host", "127.0.0.1", "--port", "PORT", "--workers", "3", "worker_app:asgi"]
    with ExitStack() as stack:
        check(start(stack, tmp_path, metrics, "uvicorn", *options))


CELERY = """
import celery
import metrion
from kombu import Queue

app = celery.Celery("jobs", broker_url="filesystem://", broker_transport_options={{
    "data_folder_in": "{folder}/queue", "data_folder_out": "{folder}/queue",
    "control_folder": "{folder}/control",
}})
app.conf.update(worker_max_tasks_per_child=7, task_ignore_result=True)
jobs = metrion.Counter("jobs", "Jobs.", ["kind"])
running = metrion.Gauge("running", "Jobs that run.", mode="up_down")
worker = metrion.Gauge("worker", "Workers.", ["kind"], mode="liveall")

@app.task
def job(kind):
    with running.track_inprogress():
        jobs.labels(kind).inc()
        worker.labels(kind).set(1)
"""


def test_celery_prefork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in "queue", "control":
        (tmp_path / folder).mkdir()
    program = tmp_path / "shared_celery_jobs.py"
    program.write_text(CELERY.format(folder=tmp_path))
    # The producer's own registry is another one.
    module = importlib.util.spec_from_file_location(program.stem, program)
    assert module is not None and module.loader is not None
    jobs = importlib.util.module_from_spec(module)
    module.loader.exec_module(jobs)
    shared = tmp_path / "registry"
    env = environment(METRION_SHARED=str(shared))
    env["PYTHONPATH"] = str(tmp_path)
    options = ["-A", program.stem, "worker", "--pool", "prefork", "--concurrency", "3"]
    options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    count = 60
    try:
        with running("celery", *options, env=env, log=tmp_path / "log"):
            for number in range(count):
                jobs.job.delay("odd" if number % 2 else "even")
            registry = metrion.CollectorRegistry(shared=shared)

            def done() -> float:
                page = metrion.generate_latest(registry).decode()
                return total(page, "jobs_total")

            wait_until(lambda: done() >= count, "the jobs")
            assert done() == count
            labels = {"kind": "odd"}
            assert registry.get_sample_value("jobs_total", labels) == count / 2
            wait_until(lambda: registry.get_sample_value("running") == 0, "jobs in flight to end")
            assert pids(metrion.generate_latest(registry).decode(), "worker")
        assert done() == count
        # All workers have ended.
        assert pids(metrion.generate_latest(registry).decode(), "worker") == set()
    finally:
        for metric in jobs.jobs, jobs.running, jobs.worker:
            metrion.REGISTRY.unregister(metric)

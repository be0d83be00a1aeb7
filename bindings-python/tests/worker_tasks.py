"""What the workers of pools do, for tests."""

from metrion import Counter, Gauge, Histogram

tasks = Counter("tasks", "Tasks.", ["kind"])
took = Histogram("task_seconds", "Seconds.", buckets=[1])
running = Gauge("tasks_running", "Tasks that run.", mode="up_down")
alive = Gauge("worker_alive", "Workers.", ["kind"], mode="liveall")


def task(number: int) -> None:
    with running.track_inprogress():
        tasks.labels("odd" if number % 2 else "even").inc()
        took.observe(0.5)
        alive.labels("any").set(1)

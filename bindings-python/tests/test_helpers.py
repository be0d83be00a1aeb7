"""Timers, in-progress trackers and exception counters, on every kind of function."""

import asyncio
import functools
import gc
import inspect
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

import pytest
from metrion import CollectorRegistry, Counter, Gauge, Histogram


@pytest.fixture
def histogram(registry: CollectorRegistry) -> Histogram:
    return Histogram("took_seconds", "Took.", registry=registry)


@pytest.fixture
def gauge(registry: CollectorRegistry) -> Gauge:
    return Gauge("running", "Running.", registry=registry)


def observed(histogram: Histogram) -> tuple[float, float]:
    counts, total = histogram.get()
    return sum(counts), total


def test_timer_as_context_manager_and_decorator(histogram: Histogram) -> None:
    with histogram.time():
        pass

    @histogram.time()
    def function(value: int) -> int:
        """Doubles."""
        return value * 2

    assert function(2) == 4
    assert function.__doc__ == "Doubles."
    count, total = observed(histogram)
    assert count == 2
    assert total > 0


def test_timer_counts_exceptions_too(histogram: Histogram) -> None:
    with pytest.raises(ZeroDivisionError), histogram.time():
        _ = 1 / 0
    assert observed(histogram)[0] == 1


def test_gauge_timer_and_current_time(gauge: Gauge) -> None:
    with gauge.time():
        pass
    assert 0 < gauge.get() < 60
    gauge.set_to_current_time()
    assert gauge.get() > 1_700_000_000


def test_recursion_has_a_timer_for_each_call(histogram: Histogram) -> None:
    @histogram.time()
    def countdown(n: int) -> None:
        if n:
            countdown(n - 1)

    countdown(4)
    assert observed(histogram)[0] == 5


def test_coroutines_are_measured_until_their_end(histogram: Histogram, gauge: Gauge) -> None:
    begun = asyncio.Event()
    seen: list[float] = []

    @gauge.track_inprogress()
    @histogram.time()
    async def work(release: asyncio.Event) -> str:
        begun.set()
        await release.wait()
        return "done"

    async def main() -> None:
        release = asyncio.Event()
        tasks = [asyncio.create_task(work(release)) for _ in range(3)]
        await begun.wait()
        await asyncio.sleep(0)
        seen.append(gauge.get())
        assert observed(histogram)[0] == 0
        release.set()
        assert await asyncio.gather(*tasks) == ["done"] * 3

    assert inspect.iscoroutinefunction(work)
    asyncio.run(main())
    assert seen == [3]
    assert gauge.get() == 0
    assert observed(histogram)[0] == 3


def test_a_cancelled_coroutine_is_not_in_progress(gauge: Gauge) -> None:
    @gauge.track_inprogress()
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(wait_for_ever())
        await asyncio.sleep(0)
        assert gauge.get() == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert gauge.get() == 0


def test_generators_are_measured_while_they_run(histogram: Histogram, gauge: Gauge) -> None:
    @gauge.track_inprogress()
    @histogram.time()
    def numbers() -> Iterator[int]:
        yield 1
        yield 2

    generator = numbers()
    assert gauge.get() == 0
    assert next(generator) == 1
    assert gauge.get() == 1
    assert list(generator) == [2]
    assert gauge.get() == 0
    assert observed(histogram)[0] == 1


def test_async_generators_are_measured_while_they_run(gauge: Gauge) -> None:
    closed: list[str] = []

    @gauge.track_inprogress()
    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append("closed")

    async def main() -> None:
        assert [number async for number in numbers()] == [1, 2]
        generator = numbers()
        async for _ in generator:
            assert gauge.get() == 1
            break
        await generator.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())
    assert gauge.get() == 0
    assert closed == ["closed", "closed"]


def test_exceptions_thrown_into_async_generators_reach_them(gauge: Gauge) -> None:
    @gauge.track_inprogress()
    async def stubborn() -> AsyncIterator[str]:
        try:
            yield "first"
        except KeyError:
            yield "caught"

    async def main() -> None:
        generator = stubborn()
        assert await anext(generator) == "first"
        assert await generator.athrow(KeyError()) == "caught"  # type: ignore[attr-defined]
        await generator.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())
    assert gauge.get() == 0


def test_exception_counter(registry: CollectorRegistry) -> None:
    counter = Counter("errors", "Errors.", registry=registry)
    for kind in (ValueError, KeyError):
        with pytest.raises(kind), counter.count_exceptions():
            raise kind
    with pytest.raises(KeyError), counter.count_exceptions(ValueError):
        raise KeyError
    with pytest.raises(KeyError), counter.count_exceptions((ValueError, KeyError)):
        raise KeyError

    @counter.count_exceptions()
    async def fails() -> None:
        raise OSError

    with pytest.raises(OSError):
        asyncio.run(fails())
    assert counter.get() == 4


def test_a_cancelled_coroutine_is_timed_and_is_no_error(
    registry: CollectorRegistry, histogram: Histogram
) -> None:
    errors = Counter("errors", "Errors.", registry=registry)

    @histogram.time()
    @errors.count_exceptions()
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(wait_for_ever(), 0.001)

    asyncio.run(main())
    assert (observed(histogram)[0], errors.get()) == (1, 0)


def test_a_task_that_is_cancelled_before_it_begins_is_not_counted(
    histogram: Histogram, gauge: Gauge
) -> None:
    @gauge.track_inprogress()
    @histogram.time()
    async def work() -> None: ...

    async def main() -> None:
        task = asyncio.create_task(work())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (observed(histogram)[0], gauge.get()) == (0, 0)


def test_an_async_generator_that_is_cancelled_in_between(
    histogram: Histogram, gauge: Gauge
) -> None:
    closed: list[str] = []

    @gauge.track_inprogress()
    @histogram.time()
    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            closed.append("closed")

    async def consume(first: asyncio.Event) -> None:
        async for _ in numbers():
            first.set()

    async def main() -> None:
        first = asyncio.Event()
        task = asyncio.create_task(consume(first))
        await first.wait()
        await asyncio.sleep(0)
        assert gauge.get() == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (closed, gauge.get(), observed(histogram)[0]) == (["closed"], 0, 1)


def test_generators_that_nobody_finishes(histogram: Histogram, gauge: Gauge) -> None:
    @gauge.track_inprogress()
    @histogram.time()
    def numbers() -> Iterator[int]:
        yield 1
        yield 2

    abandoned = numbers()
    next(abandoned)
    del abandoned
    closed = numbers()
    next(closed)
    closed.close()  # type: ignore[attr-defined]
    never_begun = numbers()
    del never_begun
    gc.collect()
    assert (gauge.get(), observed(histogram)[0]) == (0, 2)


def test_what_is_sent_and_thrown_reaches_a_generator(gauge: Gauge) -> None:
    @gauge.track_inprogress()
    def echo() -> Generator[str, str, str]:
        try:
            received = yield "first"
            received = yield received.upper()
        except KeyError:
            received = yield "caught"
        return received

    generator = echo()
    assert next(generator) == "first"
    assert generator.send("a") == "A"
    assert generator.throw(KeyError()) == "caught"
    with pytest.raises(StopIteration) as end:
        generator.send("last")
    assert (end.value.value, gauge.get()) == ("last", 0)


def test_what_is_sent_reaches_an_async_generator(gauge: Gauge) -> None:
    @gauge.track_inprogress()
    async def echo() -> AsyncGenerator[str, str]:
        received = yield "first"
        yield received.upper()

    async def main() -> None:
        generator = echo()
        assert await anext(generator) == "first"
        assert await generator.asend("a") == "A"
        with pytest.raises(StopAsyncIteration):
            await anext(generator)

    asyncio.run(main())
    assert gauge.get() == 0


def test_methods_and_objects_with_an_async_call(histogram: Histogram, gauge: Gauge) -> None:
    class Service:
        @gauge.track_inprogress()
        @histogram.time()
        async def method(self, value: int) -> int:
            await asyncio.sleep(0)
            return value + gauge.get()  # type: ignore[return-value]

        async def __call__(self, value: int) -> int:
            return await self.method(value)

    service = Service()
    timed = gauge.track_inprogress()(service)
    assert asyncio.run(service.method(1)) == 2
    assert asyncio.run(timed(1)) == 3
    bound = gauge.track_inprogress()(functools.partial(service.method, 1))
    assert asyncio.run(bound()) == 3
    assert (gauge.get(), observed(histogram)[0]) == (0, 3)


def test_one_timer_for_many_threads(histogram: Histogram, gauge: Gauge) -> None:
    together = threading.Barrier(4)

    @gauge.track_inprogress()
    @histogram.time()
    def work() -> None:
        together.wait(20)
        seen.append(gauge.get())
        together.wait(20)

    seen: list[float] = []
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [4] * 4
    assert (gauge.get(), observed(histogram)[0]) == (0, 4)

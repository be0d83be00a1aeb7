"""A short run of `soak_churn.py`."""

import pytest
from soak_churn import Memory, check_memory, churn


@pytest.mark.parametrize("threads", [1, 4])
def test_labels_that_come_and_go(threads: int) -> None:
    warm, end = churn(200_000, threads)
    check_memory(threads, warm, end)


def test_growth_is_found() -> None:
    warm = Memory(1000, 10**9)
    check_memory(1, warm, warm)
    for grown in (Memory(1001, 10**9), Memory(1000, 10**9 + (33 << 20))):
        with pytest.raises(AssertionError, match="grew"):
            check_memory(1, warm, grown)
    check_memory(4, warm, Memory(1001, 10**9))
    with pytest.raises(AssertionError, match="registry"):
        check_memory(4, warm, Memory(1300, 10**9))

"""Order, flat look-ahead, and processes that die."""

import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from datasets.distributed import processes


def square(number: int) -> int:
    if number == 7:
        os._exit(3)
    return number * number


def pid(_) -> tuple[int, str | None]:
    return os.getpid(), os.environ.get("OPENBLAS_NUM_THREADS")


def unneeded(job):
    raise AssertionError(f"job {job} needs no retry")


def test_results_come_in_order_and_jobs_are_not_drawn_far_ahead():
    drawn = []

    def jobs():
        for number in range(100, 120):
            drawn.append(number)
            yield number

    results = processes.in_order(square, jobs(), 2, unneeded)
    assert next(results) == 100 * 100
    assert len(drawn) <= 4
    assert list(results) == [n * n for n in range(101, 120)]


def test_a_dying_process_costs_only_its_own_job():
    rescued = []

    def retry(job):
        rescued.append(job)
        try:
            return processes.run_alone(square, job)
        except BrokenProcessPool:
            return -job

    results = list(processes.in_order(square, range(5, 11), 2, retry))
    assert results == [25, 36, -7, 64, 81, 100]
    assert 7 in rescued


def test_an_error_is_passed_on():
    with pytest.raises(TypeError):
        list(processes.in_order(square, ["x"], 1, unneeded))


def test_workers_are_other_processes_with_one_thread_each(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "5")
    number, threads = processes.run_alone(pid, None)
    assert number != os.getpid()
    assert threads == "1"
    assert os.environ["OPENBLAS_NUM_THREADS"] == "5"

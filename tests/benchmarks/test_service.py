"""The benchmarks of the service, with few jobs and real processes."""

import pytest

pytestmark = pytest.mark.usefixtures("service_installed")


def test_jobs_outlive_the_workers_that_are_killed(capsys):
    from benchmarks import service, service_failures

    assert service.main(service_failures.TRIALS, ["kill", "--jobs", "12"]) == 0
    told = capsys.readouterr().out
    assert "12 results of 12 jobs, 12 files, {'succeeded': 12}" in told
    assert int(told.split()[1]) >= 1


def test_load_is_measured(capsys):
    from benchmarks import service

    assert service.main(argv=["--jobs", "20"]) == 0
    accept, *drain = capsys.readouterr().out.splitlines()
    assert "p95" in accept
    assert ["initialize" in drain[0], "speak" in drain[1]] == [True, True]

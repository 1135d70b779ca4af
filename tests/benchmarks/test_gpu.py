"""The benchmark for GPUs finds the largest batch, adds up, and runs without one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import gpu, gpu_trace

ROOT = Path(__file__).parents[2]
SMALL = ("--preset", "tiny", "--seconds", "0.2", "--frames", "20", "--symbols", "6")
JOB = {"kind": "acoustic", "preset": "paper", "backend": "jax"}


def card(limit: int, quickest: int):
    """A card on which batches above `limit` do not fit; and what it was asked."""
    asked = []

    def run(job):
        rows = []
        for batch in job["batches"]:
            asked.append(batch)
            if batch > limit:
                return [*rows, {**job, "batch": batch, "memory": "full"}]
            rows.append({**job, "batch": batch, "rate": 1000.0 - abs(batch - quickest)})
        return rows

    return run, asked


@pytest.mark.parametrize(
    ("limit", "largest"), [(100, 96), (112, 112), (127, 112), (64, 64), (10_000, 256)]
)
def test_the_largest_batch_is_found_by_doubling_and_halving(limit, largest):
    run, asked = card(limit, quickest=64)
    rows = gpu.search(JOB, 16, 256, run)
    assert [r["batch"] for r in rows if r.get("largest")] == [largest]
    assert [r["batch"] for r in rows if r.get("best")] == [64]
    assert len(asked) == len(set(asked)) == len(rows)


def test_a_card_on_which_nothing_fits_is_no_failure():
    run, _ = card(8, quickest=8)
    (row,) = gpu.search(JOB, 16, 256, run)
    assert row["memory"] == "full"
    assert "rate" not in row


def test_the_report_names_the_card_the_goal_and_what_was_reached():
    run, _ = card(100, quickest=64)
    told = {"card": "NVIDIA H200", "on_gpu": True, "compute": "bfloat16"}
    rows = [{**told, **row} for row in gpu.search(JOB, 16, 256, run)]
    for row in rows:
        if "rate" in row:
            row["rate"] *= 100
    text = gpu.report(
        [*rows, {**JOB, **told, "kind": "speech", "failure": "exit 1: no"}]
    )
    assert "| jax | NVIDIA H200 | paper |" in text
    assert "batch 96 (largest), bfloat16 | 96,800 mel frames/s" in text
    assert "batch 64 (best), bfloat16 | 100,000 mel frames/s" in text
    assert "batch 16" not in text
    assert "measured 100,000, 3.17 x 31,500" in text
    assert "failed: exit 1: no" in text
    assert "No GPU" not in text


def test_a_process_that_dies_of_memory_says_so_and_another_its_last_line(monkeypatch):
    codes = iter([-9, 1])

    def run(*_, **__):
        lines = "note\n" + json.dumps({"batch": 2, "rate": 5.0})
        return subprocess.CompletedProcess([], next(codes), lines, "first\nlast line\n")

    monkeypatch.setattr(gpu.subprocess, "run", run)
    job = {**JOB, "batches": [2, 4, 8]}
    first, killed = gpu.in_a_process(job)
    assert (first["rate"], killed["batch"], killed["memory"]) == (5.0, 4, "killed")
    _, failed = gpu.in_a_process(job)
    assert failed["failure"] == "exit 1: last line"


def test_time_of_kernels_side_by_side_counts_once():
    events = [
        ("sm90_xmma_gemm_bf16", 1.0, 3.0),
        ("loop_add_fusion", 2.0, 4.0),
        ("nvjet_hsh", 2.5, 3.5),
        ("loop_tanh_fusion", 6.0, 7.0),
    ]
    assert gpu_trace.summed(events) == {
        "products": pytest.approx(2.5),
        "other kernels": pytest.approx(1.5),
        "launch gaps": pytest.approx(2.0),
    }
    assert gpu_trace.summed([]) is None


def test_it_runs_without_a_gpu_and_says_what_that_is_worth(tmp_path):
    out = tmp_path / "figures.json"
    asked = ("--kinds", "acoustic", "--backends", "tensorflow", "--out", str(out))
    run = subprocess.run(
        [sys.executable, "benchmarks/gpu.py", *SMALL, *asked, "--first=1", "--most=2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "No GPU was used" in run.stdout
    assert "Goal: 3 x 31,500 mel frames/s" in run.stdout
    rows = json.loads(out.read_text("utf-8"))
    assert [row["batch"] for row in rows] == [1, 2]
    assert all(row["rate"] > 0 and not row["on_gpu"] for row in rows)
    assert rows[1]["largest"]


def test_under_jax_it_needs_no_tensorflow():
    job = {"kind": "acoustic", "backend": "jax", "preset": "tiny", "seconds": 0.1}
    job |= {"frames": 8, "symbols": 4, "batches": [1]}
    program = (
        "import sys, runpy; sys.modules['tensorflow'] = None; "
        f"sys.argv = ['gpu.py', '--within', {json.dumps(job)!r}]; "
        "runpy.run_path('benchmarks/gpu.py', run_name='__main__')"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={
            **os.environ,
            "KERAS_BACKEND": "jax",
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "true",
        },
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert json.loads(run.stdout)["rate"] > 0

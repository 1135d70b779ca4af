#!/bin/sh
# Everything that installs, so that it can be run and tested without a Docker engine.
#
#   docker/install.sh system             what Debian 12 or Ubuntu 24.04 has to bring (root)
#   docker/install.sh cpu|gpu PREFIX     a virtual environment at PREFIX, from the lock
#   docker/install.sh check PREFIX       whether what is at PREFIX works here
#
# An environment that is finished and fits the lock is left as it is; one that is not is
# made anew, and what pip had downloaded comes from its cache. pip's own variables and
# configuration say where packages come from. PYTHON names the interpreter (python3.11).
set -eu

here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "install.sh: $*" >&2
    exit 2
}

usage() {
    fail "use: install.sh system | cpu PREFIX | gpu PREFIX | check PREFIX"
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

# Fails where a library is missing, whichever system the environment was made on.
check() {
    [ -x "$1/bin/python" ] || fail "no Python in $1"
    "$1/bin/python" -m pip --disable-pip-version-check check
    home=$(mktemp -d)
    HOME=$home TF_CPP_MIN_LOG_LEVEL=3 MPLBACKEND=agg "$1/bin/python" - <<'END'
import bz2, ctypes, lzma, sqlite3, ssl, uuid, zlib, xml.parsers.expat
import av, distributed, librosa, matplotlib.pyplot, numba, scipy.signal
import soundfile, soxr, tensorboard, tensorboardX
import espeakng_loader
import jax, keras, tensorflow

ctypes.CDLL(espeakng_loader.get_library_path())
print("tensorflow", tensorflow.__version__, "jax", jax.__version__)
END
    rm -rf "$home"
}

install() {
    lock=$here/requirements-$1.lock
    prefix=$2
    python=${PYTHON:-python3.11}
    stamp=$prefix/installed-from.lock
    "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null ||
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
    check "$prefix"
    # Written last: without it an interrupted installation starts over.
    cp "$lock" "$stamp"
    echo "$prefix: $(du -sm "$prefix" | cut -f 1) MB"
}

[ "$#" -ge 1 ] || usage
case $1 in
    system) [ "$#" = 1 ] || usage; system ;;
    check) [ "$#" = 2 ] || usage; check "$2" ;;
    cpu | gpu) [ "$#" = 2 ] || usage; install "$1" "$2" ;;
    *) usage ;;
esac

#!/bin/sh
# Run a command of moksori (train_tacotron …) or another program (bash), as any user, with
# the interpreter MOKSORI_PYTHON, by default .venv/bin/python of this checkout.
set -eu

fail() { echo "moksori: $*" >&2; exit 2; }

root=$(cd "$(dirname "$0")/.." && pwd)
python=${MOKSORI_PYTHON:-$root/.venv/bin/python}
[ -x "$python" ] || fail "no Python at $python: run make venv, or set MOKSORI_PYTHON"

# Libraries keep caches in HOME and ask for the user's name; an arbitrary id has neither.
mkdir -p "${HOME:=/}" 2>/dev/null || true
if [ "$HOME" = / ] || [ ! -w "$HOME" ]; then
    HOME=$(mktemp -d) || fail "${TMPDIR:-/tmp} cannot be written: add --tmpfs /tmp"
fi
USER=${USER:-$(id -un 2>/dev/null || echo moksori)}
PATH=$(dirname "$python"):$PATH
export HOME USER LOGNAME="${LOGNAME:-$USER}" PATH PYTHONPATH="$root"

# exec: signals reach the command, which saves a checkpoint when asked to stop.
case ${1-help} in
    help | -*) ;;
    *) if [ ! -e "$root/moksori/commands/${1%.py}.py" ] && command -v "$1" >/dev/null; then
        exec "$@"
    fi ;;
esac
exec "$python" -P -m moksori "$@"

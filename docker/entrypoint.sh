#!/bin/sh
# One word for each script: `entrypoint.sh train_tacotron data/me-features --run logs/me`.
# Works in the image and outside it; paths are those of the folder it is called in.
#
# MOKSORI_PYTHON  the interpreter (.venv/bin/python of this checkout)
# MOKSORI_HOST    the address on which TensorBoard listens (localhost)
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
names="preprocess train_tacotron train_wavenet align synthesize clone compare doctor \
tensorboard demo"

fail() {
    echo "moksori: $*" >&2
    exit 2
}

about() {
    case $1 in
        preprocess) echo "recordings and their texts -> features" ;;
        train_tacotron) echo "features -> a voice; continues a run that was stopped" ;;
        train_wavenet) echo "features -> a vocoder; continues likewise" ;;
        align) echo "features and a voice -> mels to train a vocoder on" ;;
        synthesize) echo "text -> wav" ;;
        clone) echo "a recording and a text -> wav, untrained" ;;
        compare) echo "trained voice, cloned voice and recording side by side" ;;
        doctor) echo "what this machine has, and what is missing" ;;
        tensorboard) echo "watch the runs in logs/ on port 6006" ;;
        demo) echo "a small voice from nothing" ;;
    esac
}

there() { [ "$1" = tensorboard ] || [ -e "$root/moksori/commands/$1.py" ]; }

list() {
    echo "use: NAME [FLAGS]; NAME --help tells more. Paths such as data/me and logs/me are"
    echo "those of the working directory. Another command, such as bash, is run as it is."
    for name in $names; do
        if there "$name"; then printf '  %-15s %s\n' "$name" "$(about "$name")"; fi
    done
}

# The last value given to a flag.
value_of() {
    flag=$1 value=
    shift
    while [ "$#" -gt 0 ]; do
        case $1 in
            "$flag") value=${2-} ;;
            "$flag"=*) value=${1#*=} ;;
        esac
        shift
    done
    printf '%s\n' "$value"
}

# Where a script will write, one a line.
outputs() {
    script=$1
    shift
    case $script in
        preprocess | align | compare) value_of --out "$@" ;;
        train_*)
            # Of several hosts only the first writes the run.
            if [ "${KERAS_DISTRIBUTION_PROCESS_ID:-${JAX_PROCESS_ID:-0}}" = 0 ]; then
                value_of --run "$@"
            fi
            ;;
        synthesize)
            out=$(value_of --out "$@")
            stream=$(value_of --stream "$@")
            if [ -n "$out" ]; then
                echo "$out"
            elif [ -z "$stream" ]; then
                value_of --voice "$@"
            elif [ "$stream" != - ]; then
                dirname -- "$stream"
            fi
            ;;
        clone)
            value_of --out "$@"
            for flag in --stream --save-voice; do
                file=$(value_of "$flag" "$@")
                case $file in
                    "" | -) ;;
                    *) dirname -- "$file" ;;
                esac
            done
            ;;
        demo)
            data=$(value_of --data "$@")
            run=$(value_of --run "$@")
            printf '%s\n' "${data:-data}" "${run:-logs/demo}"
            ;;
    esac
}

# A long job must not find out at its end that it cannot keep what it made.
check_writable() {
    [ -n "$1" ] || return 0
    folder=$1
    while [ ! -e "$folder" ]; do folder=$(dirname -- "$folder"); done
    if [ -d "$folder" ] && { [ ! -w "$folder" ] || [ ! -x "$folder" ]; }; then
        fail "user $(id -u):$(id -g) cannot write $1: $(realpath "$folder") belongs to" \
            "$(stat -c '%u:%g, mode %a' "$folder"), or is read-only. Mount a folder of" \
            "your own there, and run with --user \"\$(id -u):\$(id -g)\""
    fi
}

# Libraries keep caches in HOME and ask for the name of the user; a user id that was
# chosen on the command line has neither.
settle() {
    [ -w "${TMPDIR:-/tmp}" ] ||
        fail "${TMPDIR:-/tmp} cannot be written: add --tmpfs /tmp"
    if [ -n "${HOME:-}" ] && [ "$HOME" != / ]; then
        mkdir -p "$HOME" 2>/dev/null || true
    fi
    if [ "${HOME:-/}" = / ] || [ ! -d "$HOME" ] || [ ! -w "$HOME" ]; then
        HOME=$(mktemp -d)
    fi
    if [ -z "${USER:-}" ]; then
        USER=$(id -un 2>/dev/null) || USER=moksori
    fi
    LOGNAME=${LOGNAME:-$USER}
    PATH=$(dirname "$python"):$PATH
    export HOME USER LOGNAME PATH
}

word=${1-help}
[ "$#" = 0 ] || shift
case $word in
    help | --help | -h) list; exit ;;
esac

python=${MOKSORI_PYTHON:-$root/.venv/bin/python}
[ -x "$python" ] || fail "no Python at $python: run make venv, or set MOKSORI_PYTHON"
settle

name=${word%.py}
case " $names " in
    *" $name "*)
        there "$name" || fail "$name is not in this version"
        case " $* " in
            *" --help "* | *" -h "*) ;;
            *)
                outputs "$name" "$@" | while read -r path; do
                    check_writable "$path"
                done
                ;;
        esac
        # exec: signals reach the script, which saves a checkpoint when asked to stop.
        if [ "$name" = tensorboard ]; then
            exec "$python" -m tensorboard.main --logdir logs \
                --host "${MOKSORI_HOST:-localhost}" "$@"
        fi
        exec env PYTHONPATH="$root" "$python" -m moksori "$name" "$@"
        ;;
esac

if command -v "$word" >/dev/null; then exec "$word" "$@"; fi
# shellcheck disable=SC2086 # the names are words
near=$("$python" -c 'import difflib, sys
word, *names = sys.argv[1:]
begin = [name for name in names if name.startswith(word)]
near = begin or difflib.get_close_matches(word, names, 1)
print("; did you mean " + " or ".join(near) + "?" if near else "")' "$name" $names)
fail "no command $word$near (help lists them all)"

#!/bin/sh
# Makes $VENV (default .venv) and installs one purpose into it: run, test, check, bench, peers or mutation, that is
# requirements/<purpose>.txt with hashes, and the project itself as an editable install.
#
# Needs a Python of 3.11 or later, no more: neither HOME nor a rich PATH. Does nothing when what is installed
# is what the lock says. PYTHON=… names the interpreter; where packages come from is pip's configuration.
set -eu
cd "$(dirname "$0")/.."

purpose=${1:-check}
venv=${VENV:-.venv}
lock=requirements/$purpose.txt
marks=$venv/.installed

say() { printf 'bootstrap: %s\n' "$*" >&2; }
die() { say "$*"; exit 4; }

case $purpose in
    run) covers='run' ;;
    test) covers='run test' ;;
    check) covers='run test check' ;;
    bench) covers='bench' ;;
    peers) covers='bench peers' ;;
    mutation) covers='run test mutation' ;;
    *) say "no such purpose: $purpose (run, test, check, bench, peers, mutation)"; exit 2 ;;
esac
[ -f "$lock" ] || die "$lock is missing; run 'make lock' where a package index can be reached"

new_enough() {
    "$1" -I -c 'import sys; sys.exit(sys.version_info < (3, 11) or sys.implementation.name != "cpython")' \
        >/dev/null 2>&1
}

# All usable interpreters, best first, one a line. A pyenv shim may stand on the PATH and refuse to run:
# each is tried before it counts.
interpreters() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON"
        return
    fi
    for name in python3.11 python3.12 python3.13 python3 python; do
        command -v "$name" || true
    done
    for folder in "${PYENV_ROOT:-/nonexistent}" "${HOME:-/nonexistent}/.pyenv"; do
        for path in "$folder"/versions/3.1[1-9]*/bin/python3; do
            [ ! -x "$path" ] || printf '%s\n' "$path"
        done
    done
    for path in /usr/local/bin/python3.1[1-9] /opt/python*/bin/python3 /opt/homebrew/bin/python3; do
        [ ! -x "$path" ] || printf '%s\n' "$path"
    done
}

venv_works() { [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }

# Four ways to a virtual environment with pip, from the plain one to the ones that some systems need.
by_venv() { "$1" -m venv --clear "$venv" >/dev/null 2>&1 && venv_works; }
by_outer_pip() {
    "$1" -m pip --version >/dev/null 2>&1 || return 1
    "$1" -m venv --clear --without-pip "$venv" >/dev/null 2>&1 || return 1
    "$1" -m pip --python "$venv/bin/python" install --quiet pip >/dev/null 2>&1 && venv_works
}
by_virtualenv() { "$1" -m virtualenv --clear --quiet "$venv" >/dev/null 2>&1 && venv_works; }
by_uv() { command -v uv >/dev/null && uv venv --quiet --clear --seed --python "$1" "$venv" >/dev/null 2>&1 && venv_works; }

try_all() {
    interpreters | while read -r python; do
        if new_enough "$python" </dev/null && "$1" "$python" </dev/null; then
            printf '%s\n' "$python"
            break
        fi
    done
}

make_venv() {
    [ ! -d "$venv" ] || rmdir "$venv" 2>/dev/null || true
    # Only what was made here may be cleared away: a directory without pyvenv.cfg is somebody else's.
    if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
        die "$venv exists and is no virtual environment; move it away or set VENV"
    fi
    for way in by_venv by_outer_pip by_virtualenv by_uv; do
        used=$(try_all "$way")
        if [ -n "$used" ]; then
            say "$venv made with $used ($("$venv/bin/python" -V))"
            return
        fi
    done
    if [ -n "${PYTHON:-}" ] && [ -z "$(try_all true)" ]; then
        die "$PYTHON is no CPython of 3.11 or later"
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say 'no Python here can make a virtual environment; installing python3-venv'
        export DEBIAN_FRONTEND=noninteractive
        apt-get install -y -qq python3-venv >/dev/null 2>&1 \
            || { apt-get update -qq >/dev/null 2>&1 && apt-get install -y -qq python3-venv >/dev/null 2>&1; } \
            || say 'apt-get could not install python3-venv'
        used=$(try_all by_venv)
        if [ -n "$used" ]; then
            say "$venv made with $used ($("$venv/bin/python" -V))"
            return
        fi
    fi
    say "no usable Python of 3.11 or later; found: $(interpreters | tr '\n' ' ')"
    die "install one with its venv module (Debian: apt-get install python3-venv) or name it: make PYTHON=/path/to/python3"
}

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

[ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import pip' >/dev/null 2>&1 || make_venv

# A mark is a copy of the lock it stands for, written last: an interrupted installation leaves none.
if ! cmp -s "$lock" "$marks/$purpose.txt"; then
    say "installing $lock"
    # Twice quiet: errors are shown, remarks about this machine's indexes are not.
    pip install -q -q --require-hashes -r "$lock" \
        || die "pip could not install $lock; it needs the package index that pip is configured for"
    mkdir -p "$marks"
    for covered in $covers; do
        cp "requirements/$covered.txt" "$marks/$covered.txt"
    done
fi

# The console script and the metadata come from these two files and this place; code is read where it lies.
basis() { pwd; cat pyproject.toml chainlog/__about__.py; }
if ! basis | cmp -s - "$marks/project"; then
    pip install -q -q --no-deps --no-build-isolation --no-index --editable . || die 'the project could not be installed'
    mkdir -p "$marks"
    basis > "$marks/project"
fi

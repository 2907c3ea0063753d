#!/bin/sh
# Installs the peers in Python that proofs are compared with into build/peers, an environment of their own: they want a newer
# Python than the package does, and other libraries. Where that can't be done their tests skip and say so.
set -eu
cd "$(dirname "$0")/.."
cmp -s requirements/interop.txt build/peers/installed.txt && exit 0
for python in python3.13 python3.12 "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}"/versions/3.1[2-9]*/bin/python3 python3; do
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || continue
    if "$python" -m venv --clear build/peers >/dev/null 2>&1 \
        && build/peers/bin/python -m pip install -q -q --no-deps --require-hashes -r requirements/interop.txt >/dev/null 2>&1
    then
        cp requirements/interop.txt build/peers/installed.txt
        exit 0
    fi
    break
done
rm -rf build/peers
echo 'not installed: the peers in Python' >&2

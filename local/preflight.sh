#!/bin/sh
# Checks what the project needs before anything is installed. Plain sh: it also runs where Python is missing or old.
set -eu

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

python=${1:-python3}
command -v "$python" >/dev/null 2>&1 ||
    fail "$python is missing; Skyferry needs Python 3.11 or newer." \
        "  Install it from https://www.python.org or with your package manager," \
        "  or name one that is installed: make PYTHON=/path/to/python3.11 ..."
"$python" --version >/dev/null 2>&1 ||
    fail "$python does not run. Skyferry needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version 2>&1) is too old; Skyferry needs Python 3.11 or newer." \
        "  If a newer one is installed, name it: make PYTHON=python3.12 ..."
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
    fail "$python has no venv module. On Debian and Ubuntu: apt install python3-venv"

command -v node >/dev/null 2>&1 ||
    fail "Node.js is missing; the CDK needs version 20 or newer." \
        "  Install it from https://nodejs.org or with your package manager."
version=$(node --version)
major=${version#v}
major=${major%%.*}
[ "$major" -ge 20 ] 2>/dev/null ||
    fail "Node.js $version is too old; the CDK needs version 20 or newer." \
        "  Install a newer one from https://nodejs.org or with your package manager."
command -v npm >/dev/null 2>&1 || fail "npm is missing. It comes with Node.js: https://nodejs.org"

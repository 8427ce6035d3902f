#!/usr/bin/env bash
# Installs the system's packages that the build and the tests need and that this machine lacks. What is there already is
# left alone, so that on a machine that has everything this costs no time and no rights.
set -euo pipefail

missing=()    # Debian's names
unpackaged=() # sentences about what only the user can install

have() { command -v "$1" >/dev/null 2>&1; }
need() { have "$1" || missing+=("$2"); }

need cc gcc
need c++ g++ # Qdrant's engine, in the test server, has C++ in it
need openssl openssl
need git git
have javac || missing+=(openjdk-17-jdk-headless)
need gradle gradle

python_ok() { python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
if ! have python3; then
    missing+=(python3 python3-venv)
elif ! python_ok; then
    if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        missing+=(python3-venv)
    else
        unpackaged+=("Python 3.11 or newer, as python3: here it is $(python3 --version 2>&1)")
    fi
fi
have cargo || unpackaged+=("Rust 1.95 or newer with rustfmt and clippy (rustup installs them): there is no cargo")

if ((${#missing[@]})); then
    as_root=()
    if [[ $(id -u) != 0 ]]; then
        if have sudo && sudo -n true 2>/dev/null; then
            as_root=(sudo -n)
        else
            as_root=(false)
        fi
    fi
    if ! have apt-get || [[ ${as_root[*]-} == false ]]; then
        unpackaged+=("these packages, by Debian's names: ${missing[*]} (with the right to install, make does it: apt-get install --no-install-recommends ${missing[*]})")
    else
        log=$(mktemp)
        trap 'rm -f "$log"' EXIT
        printf 'Installing %s … ' "${missing[*]}"
        start=$SECONDS
        export DEBIAN_FRONTEND=noninteractive
        if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } \
            >"$log" 2>&1 </dev/null; then
            printf 'failed\n'
            cat "$log"
            exit 1
        fi
        printf '%s s\n' $((SECONDS - start))
    fi
fi

if have javac; then
    java_version=$(javac -version 2>&1 | sed -E 's/^javac ([0-9]+).*/\1/')
    if [[ ! $java_version =~ ^[0-9]+$ ]] || ((java_version < 17)); then
        unpackaged+=("a JDK of version 17 or newer: here javac is $(javac -version 2>&1)")
    fi
fi

if ((${#unpackaged[@]})); then
    printf 'To go on, install:\n' >&2
    printf '  - %s\n' "${unpackaged[@]}" >&2
    exit 1
fi

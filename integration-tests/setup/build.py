"""Builds the test server and the jar."""

from __future__ import annotations

import os
from pathlib import Path

from setup.places import (
    CARGO_TARGET,
    QDRANT_SERVER,
    QDRANT_SERVER_BINARY,
    QDRANT_SERVER_TARGET,
    jar,
)
from setup.steps import Step, run_together, say

GRADLE = ["gradle", "--no-daemon", "--console=plain"]

# Adds the request that panics on purpose, for the tests of the guard. The demo's and the users' jar is built without it.
FAULTS = "-Pfeatures=faults"


def product_environment() -> dict[str, str]:
    """For cargo, and for the Gradle build that calls it, so that both build into one place."""
    return {"CARGO_TARGET_DIR": str(CARGO_TARGET), "CARGO_TERM_COLOR": "never"}


def qdrant_server_environment() -> dict[str, str]:
    return {"CARGO_TARGET_DIR": str(QDRANT_SERVER_TARGET), "CARGO_TERM_COLOR": "never"}


def qdrant_server_step() -> Step:
    return Step(
        "Building the test server around Qdrant's engine",
        ["cargo", "build", "--locked"],
        "build-qdrant-server",
        QDRANT_SERVER,
        qdrant_server_environment(),
    )


def jar_step(profile: str, *, faults: bool) -> Step:
    """`dev` is quick to build, `release` is what a user gets."""
    return Step(
        f"Building the jar ({profile} build of the native library)",
        [*GRADLE, f"-Pprofile={profile}", *([FAULTS] if faults else []), ":jvm:jar"],
        "build-jar",
        environment=product_environment(),
    )


def needs_own_qdrant() -> bool:
    """Whether nobody has named a Qdrant to use."""
    return not os.environ.get("VECTORFUSE_QDRANT_URL")


def needs_own_milvus() -> bool:
    """Whether nobody has named a Milvus to use."""
    return not os.environ.get("VECTORFUSE_MILVUS_URL")


def build(*, server: bool, profile: str = "dev", faults: bool = False) -> Path:
    """Builds what is asked for, side by side: the server is one crate that takes minutes and one core. Returns the jar."""
    run_together([*([qdrant_server_step()] if server else []), jar_step(profile, faults=faults)])
    if server and not QDRANT_SERVER_BINARY.is_file():
        raise SystemExit(f"the build made no {QDRANT_SERVER_BINARY}")
    built = jar()
    say(f"The jar: {built.name}, {built.stat().st_size / 1e6:.1f} MB")
    return built

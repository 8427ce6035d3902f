"""What `make test` tells the tests."""

from __future__ import annotations

import os

import pytest


def required(name: str) -> str:
    """The value of a variable, without which there is nothing to test."""
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"{name} is not set: run the tests by `make test`", returncode=1)
    return value

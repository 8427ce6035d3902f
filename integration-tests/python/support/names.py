"""What tests call their collections."""

from __future__ import annotations

import re
import uuid

import pytest


def new_name(request: pytest.FixtureRequest) -> str:
    """A name that tells the test, and that no other run has."""
    return f"vf_{re.sub(r'[^a-z0-9]+', '_', request.node.name.lower())[:60]}_{uuid.uuid4().hex[:8]}"

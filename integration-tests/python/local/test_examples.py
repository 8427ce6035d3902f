"""The examples that people copy from run as they stand, in the order of a person who tries them."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from support.connector import Connector

EXAMPLES = ("write.py", "read.py", "search.py", "upsert.py")


def run(script: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(script), *arguments])
    runpy.run_path(str(script), run_name="__main__")


def test_every_example_is_run_by_a_test(examples: Path) -> None:
    assert {script.name for script in examples.glob("*.py")} == {*EXAMPLES, "quickstart.py"}


def test_write_read_search_and_upsert_run_one_after_the_other(
    connector: Connector,
    collection: str,
    examples: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for script in EXAMPLES:
        run(examples / script, connector.url, collection, monkeypatch=monkeypatch)
    assert "Kyoto" in capsys.readouterr().out
    rows = {row.id: row for row in connector.read(collection).collect()}
    assert rows[2].population == 1_500_000, "upsert.py has replaced it"


def test_the_quickstart_finds_no_difference(
    connector: Connector,
    collection: str,
    examples: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(examples / "quickstart.py", connector.url, collection, connector.store, monkeypatch=monkeypatch)
    assert "1,797 of 1,797 rows" in capsys.readouterr().out

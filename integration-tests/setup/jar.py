"""`make jar`: the jar that a user gets."""

from __future__ import annotations

from setup.build import build
from setup.steps import main, say


def make_jar() -> int:
    say(str(build(server=False, profile="release")))
    return 0


if __name__ == "__main__":
    main(make_jar)

"""`make docs`: the pages that are made from the code. `make test` fails where they are not what the code says."""

from __future__ import annotations

from setup.build import product_environment
from setup.steps import Step, main, run


def docs() -> int:
    step = Step(
        "Writing docs/options.md and docs/types.md",
        ["cargo", "test", "--locked", "-p", "vectorfuse-core", "--test", "documentation"],
        "docs",
    )
    step.environment = {**product_environment(), "UPDATE_DOCS": "1"}
    run(step)
    return 0


if __name__ == "__main__":
    main(docs)

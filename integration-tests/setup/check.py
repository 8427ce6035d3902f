"""`make check`: formatters, linters and compilers, with every warning an error. `--format` lets the formatters write."""

from __future__ import annotations

import sys

from setup.build import GRADLE, product_environment, qdrant_server_environment
from setup.environments import tools_environment
from setup.places import QDRANT_SERVER, ROOT
from setup.steps import Step, StepError, main, run

PYTHON_FOLDERS = [ROOT / "integration-tests", ROOT / "examples", ROOT / "bench"]
CLIPPY = ["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]


def check() -> int:
    tools = tools_environment() / "bin"
    shell = [ROOT / ".ci" / "run", *sorted((ROOT / "integration-tests").glob("setup/*.sh"))]
    return run_all(
        [
            Step("Rust: formatting", ["cargo", "fmt", "--all", "--check"], "check-rustfmt"),
            Step(
                "Test server: formatting", ["cargo", "fmt", "--all", "--check"], "check-server-rustfmt", QDRANT_SERVER
            ),
            Step("Python: lints", [tools / "ruff", "check", *PYTHON_FOLDERS], "check-ruff"),
            Step("Python: formatting", [tools / "ruff", "format", "--check", *PYTHON_FOLDERS], "check-ruff-format"),
            Step("Shell scripts", [tools / "shellcheck", *shell], "check-shell"),
            Step("Rust: lints", CLIPPY, "check-clippy", environment=product_environment()),
            Step("Test server: lints", CLIPPY, "check-server-clippy", QDRANT_SERVER, qdrant_server_environment()),
            Step(
                "Java: formatting, and compiling with every warning",
                [*GRADLE, "-Pprofile=dev", "checkJavaFormat", "compileJava", "compileTestJava"],
                "check-java",
                environment=product_environment(),
            ),
        ]
    )


def format_all() -> int:
    ruff = tools_environment() / "bin" / "ruff"
    return run_all(
        [
            Step("Rust", ["cargo", "fmt", "--all"], "format-rust"),
            Step("Test server", ["cargo", "fmt", "--all"], "format-server", QDRANT_SERVER),
            Step("Python: what the linter can mend", [ruff, "check", "--fix", *PYTHON_FOLDERS], "format-ruff-fix"),
            Step("Python", [ruff, "format", *PYTHON_FOLDERS], "format-ruff"),
            Step("Java", [*GRADLE, "formatJava"], "format-java"),
        ]
    )


def run_all(steps: list[Step]) -> int:
    """Runs every step, also after one that failed: a person mends all of it at once."""
    failed: list[str] = []
    for step in steps:
        try:
            run(step)
        except StepError:
            failed.append(step.text)
    if failed:
        print(f"{len(failed)} of {len(steps)} checks failed: {'; '.join(failed)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    main(format_all if "--format" in sys.argv else check)

"""Reads what the test runners say at their end, and adds it up. A runner that failed, skipped or ran nothing counts as failed:
what was not tested must not look tested."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# Of what a failed test says, as much as tells one fault from another.
MOST_LINES = 8
MOST_CHARACTERS = 400


@dataclass
class Outcome:
    """What one runner did."""

    part: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    lines: list[str] = field(default_factory=list)
    """The runner's own summary lines."""
    failures: list[str] = field(default_factory=list)
    """The failed tests as the runner names them, each followed by why it failed, as far as the runner says so."""

    def fail(self, name: str, why: str) -> None:
        """Notes a failed test. The logs of a machine that nobody can enter are lost: what is said here is all there is."""
        told = [line.strip()[:MOST_CHARACTERS] for line in why.splitlines() if line.strip()]
        self.failures += [f"FAILED {name}", *(f"  {line}" for line in told[:MOST_LINES])]

    def settle(self, exit_code: int) -> Outcome:
        """Holds the counts against the exit code."""
        if self.skipped:
            self.lines.append(f"{self.skipped} skipped, which counts as failed: each test has to run")
            self.failed += self.skipped
        if exit_code and not self.failed:
            self.lines.append(f"ended with exit code {exit_code} without a failed test: that counts as one")
            self.failed = 1
        if not exit_code and not self.passed and not self.failed:
            self.lines.append("ran no test: that counts as a failure")
            self.failed = 1
        return self


def of_cargo(part: str, log: str, exit_code: int) -> Outcome:
    """cargo prints a line for each test binary; those without a test are left out. The property tests say their seeds."""
    outcome = Outcome(part)
    outcome.lines += re.findall(r"^property: .*$", log, re.MULTILINE)
    for name in re.findall(r"^test (\S+) .*\bFAILED$", log, re.MULTILINE):
        said = re.search(
            rf"^---- {re.escape(name)} stdout ----\n(.*?)(?=^---- |^failures:)", log, re.MULTILINE | re.DOTALL
        )
        outcome.fail(name, said[1] if said else "")
    for match in re.finditer(r"^test result: .*?(\d+) passed; (\d+) failed; (\d+) ignored;.*$", log, re.MULTILINE):
        passed, failed, ignored = (int(number) for number in match.groups())
        outcome.passed += passed
        outcome.failed += failed
        outcome.skipped += ignored
        if passed or failed or ignored:
            outcome.lines.append(match[0])
    return outcome.settle(exit_code)


def of_gradle(part: str, log: str, exit_code: int) -> Outcome:
    """The build files print a line for each test task: `testSpark35Scala212: 25 passed, 0 failed`."""
    outcome = Outcome(part)
    for name, said in re.findall(r"^(\S+ > .*) FAILED\n((?:[ \t]+.*\n)*)", log, re.MULTILINE):
        outcome.fail(name, said)
    for match in re.finditer(r"^\S+: (\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", log, re.MULTILINE):
        outcome.passed += int(match[1])
        outcome.failed += int(match[2])
        outcome.skipped += int(match[3] or 0)
        outcome.lines.append(match[0])
    return outcome.settle(exit_code)


def of_pytest(part: str, log: str, exit_code: int) -> Outcome:
    """pytest's closing line, and the lines that a suite prints about its random cases."""
    outcome = Outcome(part)
    outcome.lines += re.findall(r"^random: .*$", log, re.MULTILINE)
    for test, short in re.findall(r"^(?:FAILED|ERROR) (\S+::\S+(?:\[.*?\])?)(?: - (.*))?$", log, re.MULTILINE):
        title = re.escape(test.rpartition("::")[2])
        said = re.search(rf"^_+ .*?{title} _+\n(.*?)(?=^_{{3,}} |^=+ )", log, re.MULTILINE | re.DOTALL)
        errors = re.findall(r"^E .*$", said[1], re.MULTILINE) if said else []
        outcome.fail(test, "\n".join(errors) or short)
    closing = re.findall(
        r"^=+ (.*\b(?:passed|failed|errors?|skipped|no tests ran)\b.* in [\d.]+s.*?) =+$", log, re.MULTILINE
    )
    if closing:
        outcome.lines.append(closing[-1])
        counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", closing[-1])}
        outcome.passed = counts.get("passed", 0)
        outcome.failed = sum(counts.get(word, 0) for word in ("failed", "error", "errors", "xpassed"))
        outcome.skipped = sum(counts.get(word, 0) for word in ("skipped", "xfailed", "deselected"))
    elif not exit_code:
        exit_code = 1  # a driver that ended before pytest did
    return outcome.settle(exit_code)

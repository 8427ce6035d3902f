"""Reads what the test runners say at their end, and adds it up. A runner that failed, skipped or ran nothing counts as failed:
what was not tested must not look tested."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


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
    """The failed tests, as the runner names them."""

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
    outcome.failures += re.findall(r"^test (\S+) .*\bFAILED$", log, re.MULTILINE)
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
    outcome.failures += re.findall(r"^(\S+ > .*) FAILED$", log, re.MULTILINE)
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
    outcome.failures += re.findall(r"^(?:FAILED|ERROR) (\S+::.*)$", log, re.MULTILINE)
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

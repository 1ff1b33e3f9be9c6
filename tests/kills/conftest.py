"""What the kills came to, and a word about what could not be run."""

from __future__ import annotations

import pytest

from tests.servers.combinations import left_out


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line per combination."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [
        text for report in reports for name, text in report.user_properties if name == "figures"
    ]
    for line in [*lines, *left_out("tests/kills")]:
        terminalreporter.write_line(str(line))

"""One line of `check`, and how a look that fails becomes one instead of ending the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dynamics_xero.errors import DynamicsXeroError, RetryableError, SettingsError, SignInError

OK, WARN, FAIL = "OK", "WARN", "FAIL"
AGAIN = "mend what is named, then: dynamics-xero check"
FIRST = "mend that first, then: dynamics-xero check"


class About(Enum):
    """Whose business a line is; the exit code follows from that."""

    SETTINGS = "the settings file, the key or the database it names"
    REACH = "a system that cannot be reached, or does not let us in far enough"
    CONTENT = "what a system that lets us in holds"


@dataclass(frozen=True)
class CheckLine:
    """One thing looked at. fix: the command or place that mends it, empty when it is fine."""

    name: str
    state: str
    text: str
    fix: str = ""
    about: About = About.CONTENT


def attempt(name: str, look: Callable[[], CheckLine], *, fix: str = AGAIN) -> CheckLine:
    """Return the line, or one that tells why there is none; fix: what mends most failures."""
    try:
        return look()
    except DynamicsXeroError as error:
        return CheckLine(name, FAIL, str(error), fix, _about(error))


def passed_over(name: str, why: str) -> CheckLine:
    """Return the line of something that could not be looked at, because something else fails."""
    return CheckLine(name, WARN, f"not looked at: {why}", FIRST)


def _about(error: DynamicsXeroError) -> About:
    if isinstance(error, SettingsError):
        return About.SETTINGS
    if isinstance(error, SignInError | RetryableError):
        return About.REACH
    return About.CONTENT

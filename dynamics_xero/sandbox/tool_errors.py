"""Why `load` or `seed` stopped, each with the exit code of the contract."""

from __future__ import annotations


class ToolError(Exception):
    """Anything that stops a tool; its text is for the person at the command line."""

    exit_code = 1


class RefusedError(ToolError):
    """The twin refused a record."""


class InputError(ToolError):
    """The settings or the files cannot be used as they are."""

    exit_code = 2


class UnreachableError(ToolError):
    """No twin answers where the settings say one is."""

    exit_code = 3

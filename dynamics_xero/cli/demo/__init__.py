"""`demo`: the whole thing on this machine, with both remotes as local twins."""

from __future__ import annotations

from dynamics_xero.cli.demo.command import demo

__all__ = ["demo"]

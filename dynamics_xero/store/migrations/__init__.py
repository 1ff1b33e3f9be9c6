"""Schema changes, oldest first. Each expands first and contracts in a later release."""

from __future__ import annotations

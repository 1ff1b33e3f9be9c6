"""The engine: pull, match, decide, push, write back; each module is one step of the trip."""

from __future__ import annotations

"""The Dataverse twin: a faithful local server of the Web API (dataverse.md is its oracle)."""

from __future__ import annotations

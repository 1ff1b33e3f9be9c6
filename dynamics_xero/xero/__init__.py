"""The Xero side: one organisation, read and written in batches within its limits."""

from __future__ import annotations

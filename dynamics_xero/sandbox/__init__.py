"""Local, faithful servers of both APIs: an island that shares no code with the connector."""

from __future__ import annotations

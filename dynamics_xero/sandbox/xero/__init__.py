"""The Xero twin: one port, several organisations, told apart by the xero-tenant-id header."""

from __future__ import annotations

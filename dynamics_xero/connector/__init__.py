"""The only place that wires settings, sides, store, mappings and plug-ins together."""

from __future__ import annotations

from dynamics_xero.connector.checking import CheckLine
from dynamics_xero.connector.connector import Connector
from dynamics_xero.connector.report import Report

__all__ = ["CheckLine", "Connector", "Report"]

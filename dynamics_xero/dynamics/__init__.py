"""The Dynamics side: one Dataverse environment, spoken to through its Web API v9.2."""

from __future__ import annotations

"""Plain data on remote columns: name, type, length, who may write it, what is written with it."""

from __future__ import annotations

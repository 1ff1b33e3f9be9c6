"""Contacts of the Xero twin: rules, storage, reading and writing."""

from __future__ import annotations

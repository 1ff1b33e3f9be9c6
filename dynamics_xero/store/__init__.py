"""The engine's own database: SQLAlchemy Core on SQLite or PostgreSQL, and the sealed tokens.

Import from the modules: this one loads nothing, so that a key file can be made without a database.
"""

from __future__ import annotations

"""Who holds which role, and what a role may do, in the environment's database."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

OWN_TABLES = """
CREATE TABLE IF NOT EXISTS dv_user_role (
    user_id TEXT NOT NULL, role_id TEXT NOT NULL, PRIMARY KEY (user_id, role_id));
CREATE TABLE IF NOT EXISTS dv_role_privilege (
    role_id TEXT NOT NULL, privilege_id TEXT NOT NULL, depth TEXT NOT NULL,
    PRIMARY KEY (role_id, privilege_id))
"""
NAMES = ("dv_user_role", "dv_role_privilege")


def roles_of(tx: sqlite3.Connection, user_id: str) -> list[str]:
    """Return the ids of a user's roles."""
    found = tx.execute("SELECT role_id FROM dv_user_role WHERE user_id = ?", (user_id,))
    return [row["role_id"] for row in found]


def users_of(tx: sqlite3.Connection, role_id: str) -> list[str]:
    """Return the ids of a role's users."""
    found = tx.execute("SELECT user_id FROM dv_user_role WHERE role_id = ?", (role_id,))
    return [row["user_id"] for row in found]


def give(tx: sqlite3.Connection, user_id: str, role_id: str) -> None:
    """Give a user a role."""
    tx.execute("INSERT OR IGNORE INTO dv_user_role VALUES (?, ?)", (user_id, role_id))


def take(tx: sqlite3.Connection, user_id: str, role_id: str) -> None:
    """Take a role from a user."""
    tx.execute("DELETE FROM dv_user_role WHERE user_id = ? AND role_id = ?", (user_id, role_id))


def of_role(tx: sqlite3.Connection, role_id: str) -> dict[str, str]:
    """Return a role's privilege ids with their depth."""
    found = tx.execute(
        "SELECT privilege_id, depth FROM dv_role_privilege WHERE role_id = ?", (role_id,)
    )
    return {row["privilege_id"]: row["depth"] for row in found}


def add(tx: sqlite3.Connection, role_id: str, depths: Mapping[str, str]) -> None:
    """Give a role privileges; those it has get their new depth."""
    tx.executemany(
        "INSERT OR REPLACE INTO dv_role_privilege VALUES (?, ?, ?)",
        [(role_id, privilege_id, depth) for privilege_id, depth in depths.items()],
    )


def remove(tx: sqlite3.Connection, role_id: str, privilege_id: str) -> None:
    """Take a privilege from a role."""
    tx.execute(
        "DELETE FROM dv_role_privilege WHERE role_id = ? AND privilege_id = ?",
        (role_id, privilege_id),
    )


def forget_role(tx: sqlite3.Connection, role_id: str) -> None:
    """Remove what hangs on a deleted role."""
    for table in NAMES:
        tx.execute(f"DELETE FROM {table} WHERE role_id = ?", (role_id,))  # noqa: S608 - constants

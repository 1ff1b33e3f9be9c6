"""Tables of one organisation of the Xero twin."""

from __future__ import annotations

import sqlite3

# A contact's `document` is its full public form, so that a page is read without rendering; the
# other columns repeat parts of it for search, order and uniqueness. `name_key` is the loosest
# fold of the name; rules.py judges the candidates it yields. The last three indexes hold all that
# paging asks for, so that a page far down is found without touching rows.
_TABLES = """
CREATE TABLE IF NOT EXISTS contact (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, contact_id TEXT NOT NULL UNIQUE,
    number TEXT, name_key TEXT NOT NULL, archived INTEGER NOT NULL, status TEXT NOT NULL,
    updated INTEGER NOT NULL, name TEXT NOT NULL, email TEXT, account_number TEXT,
    search TEXT NOT NULL, document TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS contact_number ON contact (number) WHERE number IS NOT NULL;
CREATE INDEX IF NOT EXISTS contact_exact_name ON contact (name);
CREATE INDEX IF NOT EXISTS contact_email ON contact (email);
CREATE INDEX IF NOT EXISTS contact_account_number ON contact (account_number);
CREATE INDEX IF NOT EXISTS contact_by_id ON contact (contact_id, updated, archived);
CREATE INDEX IF NOT EXISTS contact_by_time ON contact (updated, contact_id, archived);
CREATE INDEX IF NOT EXISTS contact_by_name ON contact (name_key, contact_id, archived);
CREATE TABLE IF NOT EXISTS history (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, contact_id TEXT NOT NULL, at INTEGER NOT NULL,
    changes TEXT NOT NULL, user TEXT NOT NULL, details TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_of ON history (contact_id, seq);
CREATE TABLE IF NOT EXISTS contact_group (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, group_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS group_member (
    group_id TEXT NOT NULL, contact_id TEXT NOT NULL, PRIMARY KEY (group_id, contact_id));
CREATE INDEX IF NOT EXISTS group_of ON group_member (contact_id, group_id);
CREATE TABLE IF NOT EXISTS attachment (
    attachment_id TEXT PRIMARY KEY, contact_id TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, content BLOB NOT NULL, UNIQUE (contact_id, name));
CREATE TABLE IF NOT EXISTS currency (code TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS app_connection (
    id TEXT PRIMARY KEY, client_id TEXT NOT NULL, auth_event_id TEXT NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL, removed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS organisation (created INTEGER NOT NULL, user_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS app_refresh_token (
    token TEXT PRIMARY KEY, client_id TEXT NOT NULL, auth_event_id TEXT NOT NULL,
    scope TEXT NOT NULL, issued REAL NOT NULL, used REAL, revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS authorisation_code (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL, auth_event_id TEXT NOT NULL, scope TEXT NOT NULL,
    issued REAL NOT NULL);
CREATE TABLE IF NOT EXISTS revoked_access (jti TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS idempotency (
    scope TEXT PRIMARY KEY, digest TEXT NOT NULL, at REAL NOT NULL, status INTEGER NOT NULL,
    headers TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS idempotency_at ON idempotency (at);
"""


def create_tables(tx: sqlite3.Connection) -> None:
    """Create what is missing."""
    for statement in filter(str.strip, _TABLES.split(";")):
        tx.execute(statement)

"""Scopes an app may hold, before and after the 2026 change (xero.md 1, Scopes)."""

from __future__ import annotations

from collections.abc import Iterable

_READ_TOO = ("accounting.contacts", "accounting.settings", "accounting.attachments")
_GRANULAR = (
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.manualjournals",
    "accounting.classicexpenses",
    "accounting.reports.aged.read",
    "accounting.reports.balancesheet.read",
    "accounting.reports.profitandloss.read",
    "accounting.reports.trialbalance.read",
)
_APART = ("paymentservices",)
_SIGN_IN = ("openid", "profile", "email", "offline_access")
_ALWAYS = (*_READ_TOO, "accounting.budgets.read")
_MODELS = {
    "granular": (*_ALWAYS, *_GRANULAR),
    "broad": (*_ALWAYS, "accounting.transactions", "accounting.reports.read"),
    "both": (*_ALWAYS, *_GRANULAR, "accounting.transactions", "accounting.reports.read"),
}


def granted(model: str, *, user: bool) -> tuple[str, ...]:
    """Return the scopes of a token for which none were asked."""
    return (*_SIGN_IN, *_MODELS[model]) if user else _MODELS[model]


def allowed(model: str, asked: Iterable[str], *, user: bool) -> bool:
    """Tell whether an app of this `model` may ask for all these scopes.

    Without a user there is nobody to sign in and nothing to refresh (xero.md 1, Custom connection).
    """
    held = _MODELS[model]
    known = {
        *held,
        *(_SIGN_IN if user else ()),
        *_APART,
        *(f"{scope}.read" for scope in held if not scope.endswith(".read")),
    }
    return set(asked) <= known


def suffices(scopes: frozenset[str], needed: str, *, read: bool) -> bool:
    """Tell whether a token may call; a `.read` scope is enough for reading."""
    return needed in scopes or (read and f"{needed}.read" in scopes)

"""Currencies of an organisation: a list, and PUT to enable one more (xero.md 5, Settings)."""

from __future__ import annotations

import re
import sqlite3

from dynamics_xero.sandbox.web import Response
from dynamics_xero.sandbox.xero import envelope
from dynamics_xero.sandbox.xero.call import Call
from dynamics_xero.sandbox.xero.contacts.texts import text_of
from dynamics_xero.sandbox.xero.errors import invalid, no_data
from dynamics_xero.sandbox.xero.listing import listed
from dynamics_xero.sandbox.xero.where import Kind

# A US organisation: custom connections exist for AU, NZ, UK and US only.
FOUNDING = ("USD", "EUR", "GBP", "AUD", "NZD", "CAD")
_CODES = frozenset(
    re.findall(
        "[A-Z]{3}",
        """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP
    BYN BYR BZD CAD CDF CHF CLF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EEK EGP ERN ETB
    EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD
    JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD
    MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SKK SLE SLL SOS SRD STD STN SVC
    SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VEF VES VND VUV WST XAF XCD
    XOF XPF YER ZAR ZMW ZMK ZWD
    """,
    )
)
_NAMES = {
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "DKK": "Danish Krone",
    "EUR": "Euro",
    "GBP": "British Pound",
    "NOK": "Norwegian Krone",
    "NZD": "New Zealand Dollar",
    "SEK": "Swedish Krona",
    "USD": "United States Dollar",
}
_FIELDS = {"Code": Kind.TEXT, "Description": Kind.TEXT}


def found(tx: sqlite3.Connection) -> None:
    """Enable the currencies an organisation begins with; others go."""
    tx.execute("DELETE FROM currency")
    tx.executemany("INSERT INTO currency VALUES (?)", [(code,) for code in FOUNDING])


def enabled(tx: sqlite3.Connection) -> frozenset[str]:
    """Return the codes that contacts may have."""
    return frozenset(row["code"] for row in tx.execute("SELECT code FROM currency"))


def list_currencies(call: Call) -> Response:
    """Answer GET /Currencies."""
    with call.endpoint.database.read() as tx:
        forms = [_form(code) for code in sorted(enabled(tx))]
    return listed(call, "Currencies", forms, _FIELDS, of="Currency")


def enable(call: Call, tx: sqlite3.Connection) -> Response:
    """Answer PUT /Currencies: one bare object, which the official client sends, or a list."""
    body = call.body("Currency")
    entry = call.elements("Currencies", "Currency")[0] if "Currencies" in body else body
    code = text_of(entry.get("Code"))
    if not code:
        raise no_data("Currency")
    if code not in _CODES:
        raise invalid(f"'{code}' is not a valid value for Code.")
    added = tx.execute("INSERT OR IGNORE INTO currency VALUES (?)", (code,)).rowcount
    response = envelope.answer(call.endpoint, "Currencies", [envelope.text_of(_form(code))])
    response.rows_written = max(0, added)
    return response


def _form(code: str) -> dict[str, object]:
    return {"Code": code, "Description": _NAMES.get(code, code)}

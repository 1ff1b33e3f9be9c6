"""A mapping's fingerprint: what would be sent tells, what people only read does not."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import pytest

from dynamics_xero import Constant, EntityMapping, Field, computed, convert
from dynamics_xero.entities import BUILT_IN
from dynamics_xero.entities.account import AccountToContact
from dynamics_xero.mapping.convert import Converter, OneValue
from dynamics_xero.mapping.fingerprint import fingerprint
from dynamics_xero.model import Values

PLAIN = fingerprint(AccountToContact)


def variant(**declared: object) -> type[AccountToContact]:
    """Return the built-in account mapping with some fields or attributes declared otherwise."""
    return type("Variant", (AccountToContact,), declared)


def prefixed(prefix: str) -> Converter:
    return convert.pair(
        "prefixed",
        to_xero=lambda text: prefix + text,
        to_dynamics=lambda text: text.removeprefix(prefix),
    )


CHANGES = {
    "owner": {"fax": Field("fax", "Phones.FAX", convert=convert.phone, owner="xero")},
    "direction": {"fax": Field("fax", "Phones.FAX", convert=convert.phone, direction="to_xero")},
    "column": {"account_number": Field("fax", "AccountNumber"), "fax": None},
    "converter": {"account_number": Field("accountnumber", "AccountNumber", convert=prefixed("A"))},
    "first contact": {
        "account_number": Field("accountnumber", "AccountNumber", first_contact="owner")
    },
    "constant": {"company_number": Constant("CompanyNumber", value="1")},
    "dropped": {"fax": None},
    "order of keys": {"match_on": ("account_number", "contact_number")},
}


@pytest.mark.parametrize("change", CHANGES)
def test_r11_a_changed_declaration_changes_the_fingerprint(change: str) -> None:
    assert fingerprint(variant(**CHANGES[change])) != PLAIN


def test_r11_the_same_declaration_under_another_class_is_the_same_mapping() -> None:
    same = variant(account_number=Field("accountnumber", "AccountNumber"))

    assert fingerprint(same) == PLAIN


def test_r11_a_label_is_no_mapping() -> None:
    relabelled = variant(account_number=Field("accountnumber", "AccountNumber", label="Number"))

    assert fingerprint(relabelled) == PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [(str.upper, str.lower), (partial(int, base=8), partial(int, base=16)), (len, abs)],
)
def test_r11_functions_of_python_itself_are_told_apart(one: OneValue, other: OneValue) -> None:
    made = [
        variant(
            account_number=Field(
                "accountnumber",
                "AccountNumber",
                convert=convert.pair("theirs", to_xero=function, to_dynamics=str),
            )
        )
        for function in (one, other)
    ]

    assert fingerprint(made[0]) != fingerprint(made[1])


def test_r11_a_converter_made_with_another_value_is_another_one() -> None:
    first, again, other = (
        variant(account_number=Field("accountnumber", "AccountNumber", convert=prefixed(prefix)))
        for prefix in ("A", "A", "B")
    )

    assert fingerprint(first) == fingerprint(again)
    assert fingerprint(first) != fingerprint(other)


class Joined(AccountToContact):
    @computed(reads=("name", "accountnumber"), writes="Name", required=True)
    def name(self, name: str | None, number: str | None) -> str | None:
        """Return both."""
        return f"{name} {number}"


class JoinedAgain(AccountToContact):
    @computed(reads=("name", "accountnumber"), writes="Name", required=True)
    def name(self, name: str | None, number: str | None) -> str | None:
        # told in other words, and with a comment
        return f"{name} {number}"


class JoinedOtherwise(AccountToContact):
    @computed(reads=("name", "accountnumber"), writes="Name", required=True)
    def name(self, name: str | None, number: str | None) -> str | None:
        """Return both."""
        return f"{name}-{number}"


def test_r11_a_function_counts_by_what_it_does_not_by_its_comments() -> None:
    assert fingerprint(Joined) == fingerprint(JoinedAgain)
    assert fingerprint(Joined) != fingerprint(JoinedOtherwise)


class SomeOnly(AccountToContact):
    scope_reads = ("customertypecode",)

    @classmethod
    def scope(cls, values: Values) -> bool:
        return values.get("customertypecode") == 3


def test_r11_scope_counts() -> None:
    assert fingerprint(SomeOnly) != PLAIN


class Sold(EntityMapping):
    dynamics = "account"
    xero = "Contact"
    entity = "sold"

    name = Field("name", "Name", required=True)
    company_number = Constant("CompanyNumber", setting="company")


def test_r11_a_setting_that_a_constant_names_counts() -> None:
    one, same, other = (Sold.configured({"company": number}) for number in ("1", "1", "2"))

    assert fingerprint(one) == fingerprint(same)
    assert fingerprint(one) != fingerprint(other)


def test_r11_every_process_takes_the_same_fingerprint() -> None:
    program = (
        "from dynamics_xero.entities import BUILT_IN\n"
        "from dynamics_xero.mapping.fingerprint import fingerprint\n"
        "print(*map(fingerprint, BUILT_IN))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == [fingerprint(mapping) for mapping in BUILT_IN]

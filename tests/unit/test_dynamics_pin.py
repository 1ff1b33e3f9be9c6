"""Links that Dynamics hands out are followed only where they stay on its own API."""

from __future__ import annotations

import pytest

from dynamics_xero.dynamics.pin import Pin

HOME = "https://contoso.crm4.dynamics.com"
ACCOUNTS = f"{HOME}/api/data/v9.2/accounts"


@pytest.mark.parametrize(
    "link",
    [
        f"{ACCOUNTS}?$select=name&$skiptoken=%3Ccookie%20pagenumber=%222%22%20/%3E",
        f"{ACCOUNTS}?$select=name&$deltatoken=919042%2108%2f22%2f2017%2008%3a10%3a44",
        "https://contoso.crm4.dynamics.com:443/api/data/v9.2/accounts?$select=name",
        "https://CONTOSO.crm4.dynamics.com/api/data/v9.2/accounts",
    ],
)
def test_r37_a_link_of_the_same_entity_set_is_followed(link: str) -> None:
    assert Pin(HOME).holds(link, entity_set="accounts")


EVIL = [
    "",
    "/api/data/v9.2/accounts?$skiptoken=2",
    "accounts?$skiptoken=2",
    "//evil.example/api/data/v9.2/accounts",
    "\\\\evil.example\\api\\data\\v9.2\\accounts",
    "https:\\\\contoso.crm4.dynamics.com\\api\\data\\v9.2\\accounts",
    "http://contoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "ftp://contoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "javascript:https://contoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com:444/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com:99999/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com:abc/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com@evil.example/api/data/v9.2/accounts",
    "https://evil.example\\@contoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "https://user:word@contoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com.evil.example/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com./api/data/v9.2/accounts",
    "https://evil.example#contoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "https://evil.example/?https://contoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "https://c\u043entoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "https://xn--cntoso-0of.crm4.dynamics.com/api/data/v9.2/accounts",
    "https://169.254.169.254/api/data/v9.2/accounts",
    "https://2852039166/api/data/v9.2/accounts",
    "https://[::1]/api/data/v9.2/accounts",
    "https://[::1/api/data/v9.2/accounts",
    "https://localhost/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com/api/data/v9.2/../../admin",
    "https://contoso.crm4.dynamics.com/api/data/v9.2/accounts/../contacts",
    "https://contoso.crm4.dynamics.com/api/data/v9.2/%2e%2e/v9.2/accounts",
    "https://contoso.crm4.dynamics.com/api/data/v9.2/%61ccounts",
    "https://contoso.crm4.dynamics.com//api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com/api/data/v9.2/contacts?$skiptoken=2",
    "https://contoso.crm4.dynamics.com/api/data/v9.2/accounts/$count",
    "https://contoso.crm4.dynamics.com/api/data/v9.1/accounts",
    "https://contoso.crm4.dynamics.com/accounts",
    " https://contoso.crm4.dynamics.com/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com/api/data/v9.2/accounts?a=\r\nHost: evil.example",
    "https://contoso.crm4.dynamics.com\t/api/data/v9.2/accounts",
    "https://contoso.crm4.dynamics.com/api/data/v9.2/accounts?$skiptoken=\x00",
    ACCOUNTS + "?$skiptoken=" + "a" * 40_000,
]


@pytest.mark.parametrize("link", EVIL)
def test_r37_a_link_that_leads_anywhere_else_is_refused(link: str) -> None:
    assert not Pin(HOME).holds(link, entity_set="accounts")


@pytest.mark.parametrize("link", [None, 7, b"https://x", ["https://x"], {"url": ACCOUNTS}])
def test_r37_a_link_that_is_no_text_is_refused(link: object) -> None:
    assert not Pin(HOME).holds(link, entity_set="accounts")


def test_the_service_root_does_not_depend_on_a_slash_in_the_settings() -> None:
    assert Pin(HOME + "/").api_url == Pin(HOME).api_url == f"{HOME}/api/data/v9.2"

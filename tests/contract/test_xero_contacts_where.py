"""The `where` language over contacts."""

from __future__ import annotations

import pytest

from tests.contract.xero_server import Xero, names

PEOPLE = (
    {"Name": 'Ann "A" Lee', "AccountNumber": "100", "EmailAddress": "ann@lee.no"},
    {"Name": "Bob", "AccountNumber": "200", "LastName": "Stone"},
    {"Name": "Cat", "ContactNumber": "n-c", "EmailAddress": "cat@lee.no"},
)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Name=="Bob"', ["Bob"]),
        ('Name == "bob"', []),
        (r'Name=="Ann \"A\" Lee"', ['Ann "A" Lee']),
        ('Name!="Bob"', ['Ann "A" Lee', "Cat"]),
        ('EmailAddress=="cat@lee.no"', ["Cat"]),
        ('AccountNumber=="200"', ["Bob"]),
        ('AccountNumber>"100" AND AccountNumber<="200"', ["Bob"]),
        ('Name>="Bob"', ["Bob", "Cat"]),
        ('Name=="Bob" OR Name=="Cat"', ["Bob", "Cat"]),
        ('Name=="Bob" || Name=="Cat"', ["Bob", "Cat"]),
        ('Name=="Bob" and LastName=="Stone"', ["Bob"]),
        ('Name=="Bob" && LastName=="Moss"', []),
        ('Name=="Cat" OR Name=="Bob" AND LastName=="Moss"', ["Cat"]),
        ('(Name=="Cat" OR Name=="Bob") AND LastName=="Stone"', ["Bob"]),
        ('Name.Contains("A\\" L")', ['Ann "A" Lee']),
        ('EmailAddress!=null AND EmailAddress.EndsWith("@lee.no")', ['Ann "A" Lee', "Cat"]),
        ('Name.StartsWith("C")', ["Cat"]),
        ('Name.StartsWith("C")==false', ['Ann "A" Lee', "Bob"]),
        ("EmailAddress==null", ["Bob"]),
        ("ContactNumber!=null", ["Cat"]),
        ('ContactStatus=="ACTIVE"', ['Ann "A" Lee', "Bob", "Cat"]),
        ('ContactStatus=="ARCHIVED"', []),
        ("IsCustomer==false", ['Ann "A" Lee', "Bob", "Cat"]),
        ("IsSupplier", []),
        ("UpdatedDateUTC>=DateTime(2024,01,02)", ['Ann "A" Lee', "Bob", "Cat"]),
        ("UpdatedDateUTC<DateTime(2024,1,2,3,4,5)", []),
        ("UpdatedDateUTC != null", ['Ann "A" Lee', "Bob", "Cat"]),
        ("UpdatedDateUTC == null", []),
        ('name.endswith("")', ['Ann "A" Lee', "Bob", "Cat"]),
        ('Name.EndsWith("at")', ["Cat"]),
        ('Name.EndsWith("Scat")', []),
        ('LastName!=null && LastName.EndsWith("e") == true', ["Bob"]),
        ('LastName==null OR LastName.EndsWith("x")', ['Ann "A" Lee', "Cat"]),
        ('LastName!=null AND (Name=="Bob" OR LastName.Contains("x"))', ["Bob"]),
        ("LastName != null", ["Bob"]),
        ("IsCustomer == true OR IsSupplier == true", []),
        ("IsCustomer != true", ['Ann "A" Lee', "Bob", "Cat"]),
        ('((Name=="Cat") OR ((Name=="Bob") AND (LastName=="Stone")))', ["Bob", "Cat"]),
        ('LastName=="Stone" AND Name=="Bob" OR Name=="Cat"', ["Bob", "Cat"]),
        ('LastName=="Stone" AND (Name=="Bob" OR Name=="Cat")', ["Bob"]),
        ("MergedToContactID == null", ['Ann "A" Lee', "Bob", "Cat"]),
        (" OR ".join(['Name=="Bob"'] * 400), ["Bob"]),
        (" AND ".join(['Name!="Bob"'] * 400), ['Ann "A" Lee', "Cat"]),
    ],
)
def test_where_filters(xero: Xero, where: str, found: list[str]) -> None:
    """xero.md 3, where: comparisons, AND/OR, strings, DateTime, text tests, null checks."""
    xero.put(*PEOPLE)
    assert names(xero.listed(where=where, order="Name")) == found
    assert names(xero.listed(where=where, order="Name", page=1)) == found


def test_where_compares_guids(xero: Xero) -> None:
    """xero.md 3, where: Guid("..")."""
    xero.put(*PEOPLE)
    wanted = xero.listed(where='Name=="Bob"')[0]["ContactID"]
    assert names(xero.listed(where=f'ContactID==Guid("{wanted.upper()}")')) == ["Bob"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ('hi=="a"', "No property or field 'hi' exists in type 'Contact' (at index 0)"),
        (
            'Name=="a" AND hi=="b"',
            "No property or field 'hi' exists in type 'Contact' (at index 14)",
        ),
        (
            'ContactID=="a"',
            "Operator '==' incompatible with operand types 'Guid' and 'String' (at index 11)",
        ),
        (
            "Name==5",
            "Operator '==' incompatible with operand types 'String' and 'Decimal' (at index 6)",
        ),
        ('Name="a"', "Syntax error (at index 4)"),
        ('Name=="a', "Syntax error (at index 6)"),
        ("Name", "Syntax error (at index 4)"),
        ('Name=="a" AND', "Syntax error (at index 13)"),
        ('(Name=="a"', "Syntax error (at index 10)"),
        ('Name=="a")', "Syntax error (at index 9)"),
        ("UpdatedDateUTC>DateTime(2024,13,1)", "Syntax error (at index 15)"),
        ('ContactID==Guid("x")', "Syntax error (at index 11)"),
        ("UpdatedDateUTC>DateTime(2024,1,2,3,4,5,6)", "Syntax error (at index 15)"),
        ("UpdatedDateUTC>DateTime(2024,1,2", "Syntax error (at index 32)"),
        ("UpdatedDateUTC>DateTime(2024 1 2)", "Syntax error (at index 29)"),
        ("UpdatedDateUTC>DateTime()", "Syntax error (at index 25)"),
        (
            "Name>null",
            "Operator '>' incompatible with operand types 'String' and 'null' (at index 5)",
        ),
        (
            "IsCustomer==1",
            "Operator '==' incompatible with operand types 'Boolean' and 'Decimal' (at index 12)",
        ),
        (
            "IsCustomer==null",
            "Operator '==' incompatible with operand types 'Boolean' and 'null' (at index 12)",
        ),
        (
            "IsCustomer>false",
            "Operator '>' incompatible with operand types 'Boolean' and 'Boolean' (at index 11)",
        ),
        (
            'ContactID<Guid("00000000-0000-0000-0000-000000000000")',
            "Operator '<' incompatible with operand types 'Guid' and 'Guid' (at index 10)",
        ),
        ("not Name", "No property or field 'not' exists in type 'Contact' (at index 0)"),
        (
            "Addresses.City",
            "No property or field 'Addresses' exists in type 'Contact' (at index 0)",
        ),
        (
            'Name.ToLower()=="a"',
            "No property or field 'ToLower' exists in type 'String' (at index 5)",
        ),
        (
            'IsCustomer.Contains("a")',
            "No property or field 'Contains' exists in type 'Boolean' (at index 11)",
        ),
        ('Name.Contains("a")==', "Syntax error (at index 20)"),
        ('Name.Contains("a")==5', "Syntax error (at index 20)"),
        ("(" * 2000, "The expression is nested too deeply (at index 0)"),
        ('Name.Like("x")', "No property or field 'Like' exists in type 'String' (at index 5)"),
    ],
)
def test_a_bad_where_is_a_query_parse_exception(xero: Xero, where: str, message: str) -> None:
    """xero.md 3, where: bad field -> 400, ErrorNumber 16, QueryParseException."""
    answer = xero.call("GET", "/Contacts", where=where)
    assert answer.status_code == 400
    assert answer.json() == {
        "ErrorNumber": 16,
        "Type": "QueryParseException",
        "Message": message,
    }


@pytest.mark.parametrize(
    "where",
    [
        'EmailAddress.StartsWith("a")',
        'EmailAddress.Contains("a")==false',
        'EmailAddress.StartsWith("a") AND EmailAddress!=null',
        'LastName!=null AND EmailAddress.StartsWith("a")',
        '(EmailAddress!=null AND Name=="x") OR EmailAddress.StartsWith("a")',
        'EmailAddress!=null OR EmailAddress.StartsWith("a")',
    ],
)
def test_a_text_that_some_lack_is_tested_behind_a_null_check(xero: Xero, where: str) -> None:
    """xero.md 3, where: null checks; without one a contact that lacks the text is an exception."""
    xero.put(PEOPLE[0])
    assert xero.call("GET", "/Contacts", where=where.replace("LastName", "Name")).ok
    xero.put(PEOPLE[1])

    answer = xero.call("GET", "/Contacts", where=where)

    assert answer.status_code == 400
    assert answer.json()["Type"] == "QueryParseException"


def test_a_bad_order_is_a_query_parse_exception(xero: Xero) -> None:
    """xero.md 3, order: only fields of the resource."""
    for order in ("hi", "Name SIDEWAYS"):
        answer = xero.call("GET", "/Contacts", order=order)
        assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 16)

"""$apply, and the query languages that are not offered: Dataverse's page on aggregating."""

from __future__ import annotations

import pytest

from tests.contract.dynamics_server import Dynamics

FORMATTED = "OData.Community.Display.V1.FormattedValue"


@pytest.fixture
def filled(dynamics: Dynamics) -> Dynamics:
    """Return an environment with accounts of two states."""
    for number, city in enumerate(("Oslo", "Oslo", "Rome", "Rome", None)):
        row = {"name": f"A{number}", "address1_city": city, "numberofemployees": number}
        row_id = dynamics.created("accounts", **row)
        if number == 4:
            dynamics.patched(f"accounts({row_id})", statecode=1)
    return dynamics


@pytest.mark.parametrize(
    ("apply", "found"),
    [
        ("aggregate($count as n)", [{"n": 5}]),
        ("filter(address1_city eq 'oslo')/aggregate($count as n)", [{"n": 2}]),
        (
            "groupby((statuscode),aggregate($count as n))",
            [{"statuscode": 1, "n": 4}, {"statuscode": 2, "n": 1}],
        ),
        ("groupby((statecode))", [{"statecode": 0}, {"statecode": 1}]),
        (
            "filter(address1_city ne null)/groupby((address1_city),aggregate("
            "numberofemployees with sum as s,numberofemployees with average as a,"
            "name with max as m,name with countdistinct as d))",
            [
                {"address1_city": "Oslo", "s": 1, "a": 0.5, "m": "A1", "d": 2},
                {"address1_city": "Rome", "s": 5, "a": 2.5, "m": "A3", "d": 2},
            ],
        ),
        ("filter(name eq 'nobody')/aggregate(numberofemployees with sum as s)", [{"s": None}]),
    ],
)
def test_rows_are_counted_summed_and_grouped(
    filled: Dynamics, apply: str, found: list[dict[str, object]]
) -> None:
    assert filled.read("accounts", apply=apply)["value"] == found


def test_groups_are_labelled_ordered_and_cut(filled: Dynamics) -> None:
    """The page's own example: labels beside the group and the count."""
    apply = "groupby((statuscode),aggregate($count as n))"
    page = filled.read(
        "accounts", apply=apply, orderby="statuscode desc", top="1",
        prefer=f'odata.include-annotations="{FORMATTED}"',
    )  # fmt: skip

    assert page["value"] == [
        {
            f"statuscode@{FORMATTED}": "Inactive", "statuscode": 2,
            f"n@{FORMATTED}": "1", "n": 1,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("apply", "more", "status"),
    [
        ("groupby((createdon))", {}, 400),
        ("groupby((nope))", {}, 400),
        ("groupby(statecode)", {}, 400),
        ("aggregate(name with sum as s)", {}, 400),
        ("aggregate(name with median as s)", {}, 400),
        ("aggregate($count as name)", {}, 400),
        ("sum(name)", {}, 400),
        ("groupby((statecode),aggregate($count as n))", {"$orderby": "n"}, 400),
        ("groupby((primarycontactid/fullname))", {}, 501),
        ("aggregate($count as n)", {"$filter": "name eq 'A'"}, 501),
        ("aggregate($count as n)/filter(n gt 1)", {}, 501),
    ],
)
def test_what_cannot_be_aggregated_is_refused(
    dynamics: Dynamics, apply: str, more: dict[str, str], status: int
) -> None:
    """No datetimes in groups, no order by an aggregate: the page says so."""
    params = {"$apply": apply, **more}
    assert dynamics.refused("GET", "accounts", params=params)[0] == status


@pytest.mark.parametrize("place", ["EntityDefinitions", "accounts/$count"])
def test_aggregating_elsewhere_is_not_offered(dynamics: Dynamics, place: str) -> None:
    params = {"$apply": "aggregate($count as n)"}
    assert dynamics.refused("GET", place, params=params)[0] == 501

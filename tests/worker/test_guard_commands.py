"""`guards`, `status` and `sync` while removals wait for a person: what they print and answer."""

from __future__ import annotations

import uuid

from tests.json_schemas import faults
from tests.worker.conftest import Place

TOO_MANY = 21


def test_r19_a_guard_is_told_everywhere_until_a_person_agrees(ready: Place) -> None:
    accounts = [str(uuid.uuid4()) for _ in range(TOO_MANY)]
    for number, account in enumerate(accounts):
        ready.write_account(account, name=f"Company {number}")
    ready.command("sync", "--once")
    assert ready.command("guards") == "Nothing is held back.\n"
    for account in accounts:
        ready.write_account(account, statecode=1, statuscode=2)

    report = ready.document("sync", "--once", code=4)
    told = ready.document("guards", code=4)
    status = ready.document("status")
    nothing = ready.document("guards", "approve", "contact", code=2)
    approved = ready.document("guards", "approve", "account")
    after = ready.document("sync", "--once")

    for name, document in (
        ("sync", report),
        ("guards", told),
        ("status", status),
        ("error", nothing),
        ("guards-approve", approved),
    ):
        assert faults(name, document) == []
    assert [guard["held"] for guard in told["guards"]] == [TOO_MANY]
    main = report["connections"]["main"]
    assert main["entities"]["account"]["to_xero"]["archive"] == 0
    assert "guards approve account" in main["asks"][0]
    assert status["connections"]["main"]["guards"] == told["guards"]
    assert approved["approved"] == {"entity": "account", "links": TOO_MANY}
    assert after["connections"]["main"]["entities"]["account"]["to_xero"]["archive"] == TOO_MANY
    assert after["connections"]["main"]["asks"] == []

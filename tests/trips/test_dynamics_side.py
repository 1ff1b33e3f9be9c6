"""The Dynamics side against the Dataverse twin: feeds, reads and writes over TLS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from dynamics_xero.errors import (
    ConflictError,
    CursorExpiredError,
    DynamicsXeroError,
    MissingColumnError,
    RejectedError,
    SignInError,
    ThrottledError,
    UnavailableError,
)
from dynamics_xero.model import ActionKind, Feed, Purpose, RecordState, SideName, Value, Write
from tests.trips.dynamics_world import (
    ACCOUNTS,
    CONTACTS,
    CURRENCIES,
    World,
    follow,
    names,
)

pytestmark = pytest.mark.trip


def back(row_id: str, resource: str = "account", **values: Value) -> Write:
    return Write(ActionKind.UPDATE, resource, row_id, values)


def test_r33_an_environment_is_known_by_its_organisation_id(env: World) -> None:
    facts = env.side().identify()

    assert facts.side is SideName.DYNAMICS
    assert facts.key == f"dynamics:{facts.remote_id}"
    assert facts.name == env.serving.environments[0].name
    assert facts == env.side().identify()


def test_r4_a_first_read_catches_up_and_then_shows_only_changes(env: World) -> None:
    side = env.fresh(page_size=4)
    env.add_accounts(10)

    records, page = follow(side, ACCOUNTS)
    quiet, page = follow(side, ACCOUNTS, page.cursor)
    env.add("accounts", name="Late")
    news, page = follow(side, ACCOUNTS, page.cursor)

    assert names(records) == {f"Account {n:05d}" for n in range(10)}
    assert quiet == []
    assert names(news) == {"Late"}
    assert page.complete


@pytest.mark.parametrize("minted", ["start", "end"])
@pytest.mark.parametrize("skew_s", [-1800, 0, 1800])
def test_r4_what_changes_during_the_first_read_is_not_missed(
    env: World, minted: str, skew_s: int
) -> None:
    env.clock.offset = timedelta(seconds=skew_s)
    side = env.fresh(page_size=4)
    env.control.post("switches", {"delta_token_minted": minted})
    ids = env.add_accounts(10)

    first = side.changes(ACCOUNTS, None)
    env.person("PATCH", f"accounts({ids[0]})", {"name": "Renamed"})
    env.add("accounts", name="Added")
    records, page = follow(side, ACCOUNTS, first.cursor)
    after, _ = follow(side, ACCOUNTS, page.cursor)
    env.clock.offset = timedelta()

    assert {"Renamed", "Added"} <= names([*records, *after])


def test_r3_a_first_read_is_complete_only_with_its_last_page(env: World) -> None:
    side = env.fresh(page_size=4)
    env.add_accounts(10)

    flags, cursor, more = [], None, True
    while more:
        page = side.changes(ACCOUNTS, cursor)
        flags.append(page.complete)
        cursor, more = page.cursor, page.more

    assert flags == [False] * (len(flags) - 1) + [True]
    assert len(flags) >= 4


def test_r22_each_stage_of_a_read_is_as_old_as_its_first_page(env: World) -> None:
    side = env.fresh(page_size=4)
    env.add_accounts(10)

    pages = [side.changes(ACCOUNTS, None)]
    while pages[-1].more:
        pages.append(side.changes(ACCOUNTS, pages[-1].cursor))

    begun = list(dict.fromkeys(page.began_at for page in pages))
    assert begun == [pages[0].started_at, pages[3].started_at]  # all rows, and what moved since
    assert [page.began_at for page in pages[:3]] == begun[:1] * 3
    assert {page.began_at for page in pages[3:]} == set(begun[1:])


def test_deletes_come_with_a_version_above_the_row_they_end(env: World) -> None:
    side = env.fresh()
    row_id = env.add("accounts", name="Gone soon")
    before, page = follow(side, ACCOUNTS)

    env.person("DELETE", f"accounts({row_id})")
    after, _ = follow(side, ACCOUNTS, page.cursor)

    assert [(record.id, record.state) for record in after] == [(row_id, RecordState.DELETED)]
    assert after[0].version > max(record.version for record in before)
    assert after[0].values == {}


def test_archived_rows_are_shown_as_archived(env: World) -> None:
    side = env.fresh()
    row_id = env.add("accounts", name="Old")
    env.person("PATCH", f"accounts({row_id})", {"statecode": 1, "statuscode": 2})

    records, _ = follow(side, ACCOUNTS)

    assert {record.state for record in records} == {RecordState.ARCHIVED}


def test_r6_a_contact_names_its_account_and_a_move_shows_the_new_one(env: World) -> None:
    side = env.fresh()
    first, second = env.add_accounts(2)
    bind = "parentcustomerid_account@odata.bind"
    contact = env.add("contacts", **{"lastname": "Berglund", bind: f"/accounts({first})"})
    child = {"parentcustomerid_contact@odata.bind": f"/contacts({contact})"}
    env.add("contacts", lastname="Below", **child)

    records, page = follow(side, CONTACTS)
    env.person("PATCH", f"contacts({contact})", {bind: f"/accounts({second})"}, If_Match="*")
    moved, _ = follow(side, CONTACTS, page.cursor)

    parents = {record.values["lastname"]: record.parent_id for record in records}
    assert parents == {"Berglund": first, "Below": None}
    assert [record.parent_id for record in moved] == [second]


def test_currencies_are_read_whole_each_time(env: World) -> None:
    side = env.fresh(page_size=3)

    first, page = follow(side, CURRENCIES)
    again, page = follow(side, CURRENCIES, page.cursor)

    codes = {record.values["isocurrencycode"] for record in first}
    assert {"USD", "EUR", "GBP", "NZD"} <= codes
    assert again == first
    assert page.complete


@pytest.mark.parametrize("code", ["400", "404", "410"])
def test_r4_an_expired_bookmark_asks_for_a_whole_read(env: World, code: str) -> None:
    side = env.fresh()
    env.control.post("switches", {"delta_expired_code": code})
    env.add_accounts(2)
    _, page = follow(side, ACCOUNTS)
    env.faults({"kind": "expire_delta", "times": 1})

    with pytest.raises(CursorExpiredError):
        side.changes(ACCOUNTS, page.cursor)

    assert len(names(follow(side, ACCOUNTS)[0])) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("429_minute", ThrottledError), ("remove_privilege", SignInError), ("503", UnavailableError)],
)
def test_a_bookmark_outlives_a_refusal_that_is_not_about_it(
    env: World, fault: str, kind: type[DynamicsXeroError]
) -> None:
    side = env.fresh()
    _, page = follow(side, ACCOUNTS)
    env.add_accounts(1)
    env.faults({"kind": fault, "times": 1})

    with pytest.raises(kind) as caught:
        side.changes(ACCOUNTS, page.cursor)

    assert type(caught.value) is kind
    assert len(follow(side, ACCOUNTS, page.cursor)[0]) == 1


def test_r4_a_changed_select_list_asks_for_a_whole_read(env: World) -> None:
    side = env.fresh()
    _, page = follow(side, ACCOUNTS)

    with pytest.raises(CursorExpiredError):
        side.changes(Feed("account", ("name", "fax")), page.cursor)


def test_r37_a_link_to_another_host_is_refused_and_the_next_try_goes_on(env: World) -> None:
    side = env.fresh(page_size=4)
    env.add_accounts(10)
    env.faults({"kind": "hostile_nextlink", "times": 1})

    with pytest.raises(UnavailableError, match="another address"):
        side.changes(ACCOUNTS, None)

    assert len(names(follow(side, ACCOUNTS)[0])) == 10


@pytest.mark.parametrize("position", ["error", "ignored"])
def test_a_table_without_change_tracking_is_said_to_lack_it(env: World, position: str) -> None:
    env.environment.bare()
    env.control.post("switches", {"untracked_table": position})

    with pytest.raises(MissingColumnError, match="provision apply"):
        env.side().changes(Feed("account", ("name",)), None)


def test_a_column_the_environment_lacks_is_named(env: World) -> None:
    side = env.fresh()

    with pytest.raises(MissingColumnError, match="contoso_code"):
        side.changes(Feed("account", ("name", "contoso_code")), None)


def test_r3_only_a_404_by_id_is_a_delete(env: World) -> None:
    side = env.fresh()
    live, old, gone = env.add_accounts(3)
    env.person("PATCH", f"accounts({old})", {"statecode": 1, "statuscode": 2})
    env.person("DELETE", f"accounts({gone})")

    found = side.read(ACCOUNTS, [gone, live, old.upper()])

    states = [(record.id, record.state) for record in found]
    assert states == [
        (gone, RecordState.DELETED), (live, RecordState.LIVE), (old, RecordState.ARCHIVED),
    ]  # fmt: skip
    env.faults({"kind": "remove_privilege"})
    with pytest.raises(SignInError, match="prvRead"):
        side.read(ACCOUNTS, [live])


def test_a_read_by_id_shows_what_the_feed_shows(env: World) -> None:
    side = env.fresh()
    env.add_accounts(3)
    records, _ = follow(side, ACCOUNTS)
    by_id = {record.id: record for record in records}

    assert side.read(ACCOUNTS, list(by_id)) == list(by_id.values())


def test_r31_write_backs_of_both_tables_travel_in_one_call_with_their_own_outcomes(
    env: World,
) -> None:
    side = env.fresh()
    account, gone = env.add_accounts(2)
    contact = env.add("contacts", lastname="Berglund")
    env.person("DELETE", f"accounts({gone})")
    writes = [
        back(account, xero_remark="Synced", xero_status=727000002),
        back(gone, xero_remark="A ghost"),
        back(contact, "contact", xero_remark="Synced"),
        back(account, xero_remark="x" * 4001),
    ]
    before = side.calls.counts()["write_back"]

    answers = side.write(writes, purpose=Purpose.WRITE_BACK, key="k-1", deadline_s=60)

    kinds = [type(answer.error) for answer in answers]
    assert kinds == [type(None), RejectedError, type(None), RejectedError]
    assert answers[1].code == "0x80040217"
    assert side.calls.counts()["write_back"] == before + 1
    rows = {row["accountid"]: row for row in env.control.rows("account")}
    assert rows[account]["xero_remark"] == "Synced"
    assert gone not in rows, "R24: a deleted row never comes back as a ghost"


def test_r24_a_data_write_names_its_version_and_a_stale_one_is_a_conflict(env: World) -> None:
    side = env.fresh()
    row_id = env.add("accounts", name="One")
    seen = side.read(ACCOUNTS, [row_id])[0]
    write = Write(ActionKind.UPDATE, "account", row_id, {"name": " Two "}, if_match=seen.version)

    first = side.write([write], purpose=Purpose.DATA, key="k-1", deadline_s=60)[0]
    second = side.write([write], purpose=Purpose.DATA, key="k-2", deadline_s=60)[0]

    assert first.record is not None
    assert first.record.values["name"] == "Two", "R25: what came back is the truth"
    assert first.record.version > seen.version
    assert type(second.error) is ConflictError


def test_r24_a_create_under_our_id_is_made_once(env: World) -> None:
    side = env.fresh()
    row_id = "6f1a9d0c-0000-5000-8000-000000000001"
    write = Write(ActionKind.CREATE, "account", row_id, {"name": "Made"})

    first = side.write([write], purpose=Purpose.DATA, key="k-1", deadline_s=60)[0]
    second = side.write([write], purpose=Purpose.DATA, key="k-2", deadline_s=60)[0]

    assert first.record is not None
    assert first.record.id == row_id
    assert type(second.error) is RejectedError


def test_r26_a_write_back_moves_no_column_of_a_person(env: World) -> None:
    side = env.fresh()
    row_id = env.add("accounts", name="One", telephone1="030")
    write = back(row_id, xero_id=row_id, xero_lastsyncedon=env.clock.now(), xero_remark=None)

    side.write([write], purpose=Purpose.WRITE_BACK, key="", deadline_s=60)

    entry = env.control.entries(actor="connector")[-1]
    assert entry["fields"] == ["xero_id", "xero_lastsyncedon"]


def test_counted_calls_are_those_the_environment_saw(env: World) -> None:
    env.fresh()
    env.add_accounts(3)
    before = env.control.stats()["calls"]
    side = env.side()

    side.identify()
    records, _ = follow(side, ACCOUNTS)
    side.read(ACCOUNTS, [record.id for record in records])
    side.write(
        [back(record.id, xero_remark="x") for record in records],
        purpose=Purpose.WRITE_BACK, key="", deadline_s=60,
    )  # fmt: skip

    counts = side.calls.counts()
    assert sum(counts.values()) == env.control.stats()["calls"] - before
    assert (counts["write"], counts["write_back"]) == (0, 1)


def test_threads_share_a_side(env: World) -> None:
    side = env.fresh()
    ids = env.add_accounts(40)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda row_id: side.read(ACCOUNTS, [row_id])[0].id, ids))

    assert found == ids

"""The official client, unmodified, over every operation about contacts and settings.

Each is judged by what its answer says; the table is held against Xero's own file, so that no
operation of these resources can be left out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from xero_python.accounting import (  # the package publishes no types
    Contact,
    ContactGroup,
    ContactGroups,
    Contacts,
    HistoryRecord,
    HistoryRecords,
)
from xero_python.exceptions import AccountingBadRequestException, NotFoundException

from tests.contract.xero_official import Sdk, desk_of
from tests.contract.xero_operations import STEPS, Story, create_contact_group, create_contacts
from tests.contract.xero_server import Xero
from tests.judges.openapi import operations

pytestmark = [pytest.mark.judge, pytest.mark.shared_data]
FLOOR = 28


@pytest.fixture
def story(xero: Xero) -> Iterator[Story]:
    """Return the official client at the beginning of the story."""
    sdk = Sdk(desk_of(xero))
    yield Story(sdk)
    sdk.client.rest_client.pool_manager.clear()


def test_every_operation_answers_what_the_official_client_expects(
    story: Story, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = operations(shared / "data/xero-openapi/xero_accounting.yaml")
    in_file = {snake(operation["operationId"]) for operation in file.values()}
    for judged in STEPS.values():
        judged(story)

    with capsys.disabled():
        print(f"\njudged by xero-python: {len(STEPS)} operations", file=sys.stderr)
    assert set(STEPS) == in_file
    assert len(STEPS) >= FLOOR


def test_the_official_client_gets_the_refusals_of_groups_and_history(story: Story) -> None:
    """xero.md 4, catalogue: the messages of ContactGroups and History; deleted groups are gone."""
    create_contacts(story)
    unknown = story.sdk.tenant
    note = HistoryRecords(history_records=[HistoryRecord(details="x")])
    with pytest.raises(AccountingBadRequestException) as caught:
        story.call("create_contact_history", unknown, history_records=note)
    wanted = "The document with the supplied id was not found for this endpoint."
    assert caught.value.error_data["Message"] == wanted
    create_contact_group(story)
    body = Contacts(contacts=[Contact(contact_id=story.made["one"]), Contact(contact_id=unknown)])
    with pytest.raises(AccountingBadRequestException):
        story.call("create_contact_group_contacts", story.made["group"], contacts=body)
    with pytest.raises(AccountingBadRequestException):
        story.call("delete_contact_group_contact", story.made["group"], story.made["one"])
    gone = ContactGroups(contact_groups=[ContactGroup(status="DELETED")])
    (group,) = story.call(
        "update_contact_group", story.made["group"], contact_groups=gone
    ).contact_groups
    assert group.status == "DELETED"
    assert story.call("get_contact_groups").contact_groups == []
    with pytest.raises(NotFoundException):
        story.call("get_contact_group", story.made["group"])


def snake(operation: str) -> str:
    """Return the client's name of one of the file's operations."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()

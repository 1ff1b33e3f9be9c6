"""`sandbox load` on rows made here: keys, widths, trimming, repeated loads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynamics_xero.sandbox.load import LoadOptions, load
from dynamics_xero.sandbox.serving import Serving
from dynamics_xero.sandbox.tool_errors import InputError, ToolError, UnreachableError
from tests.sandbox import Control, caller, start

SUPPLIERS = (
    "supplierID,companyName,contactName,contactTitle,address,city,region,postalCode,country,"
    "phone,fax,homepage\n"
)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Both twins."""
    with start(tmp_path / "home") as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the CSV files go."""
    made = tmp_path / "csv"
    made.mkdir()
    return made


def suppliers(folder: Path, text: str) -> None:
    """Write a suppliers file under its header."""
    (folder / "suppliers.csv").write_text(SUPPLIERS + text, "utf-8")


def run(serving: Serving, folder: Path, *, primary: bool = False) -> str:
    """Load; return what was said on stderr."""
    err = io.StringIO()
    load(LoadOptions(folder, serving.settings_file, primary=primary), err)
    return err.getvalue()


def test_a_supplier_becomes_an_account_with_one_contact(serving: Serving, folder: Path) -> None:
    suppliers(
        folder,
        '7," Brûlerie ",Zoë van der Berg,Owner,"Quai 1\nBât. B",Lyon,,69001,France,1,,'
        "https://brulerie.example/\n",
    )

    said = run(serving, folder)

    with caller(serving) as session:
        control = Control(session, serving.dynamics_url)
        (account,) = control.rows("account")
        (contact,) = control.rows("contact")
        actors = {entry["actor"] for entry in control.entries()}
    assert said == ""
    assert (account["name"], account["accountnumber"]) == ("Brûlerie", "S7")
    assert (account["customertypecode"], account["fax"]) == (10, None)
    assert account["address1_line1"] == "Quai 1\nBât. B"
    assert account["websiteurl"] == "https://brulerie.example/"
    assert account["_primarycontactid_value"] is None
    assert (contact["firstname"], contact["lastname"]) == ("Zoë", "van der Berg")
    assert contact["jobtitle"] == "Owner"
    assert contact["_parentcustomerid_value"] == account["accountid"]
    assert actors == {"loader"}


def test_a_second_load_changes_nothing_and_primary_points_back(
    serving: Serving, folder: Path
) -> None:
    suppliers(folder, "7,Roastery,Zoe Berg,,,,,,,,,#ROAST.HTM#\n")
    run(serving, folder)

    with caller(serving) as session:
        control = Control(session, serving.dynamics_url)
        before = len(control.entries())
        run(serving, folder)
        repeated = control.entries(after=before)
        run(serving, folder, primary=True)
        (account,) = control.rows("account")
        (contact,) = control.rows("contact")
    assert len(repeated) == 2
    assert not any(entry["changed"] for entry in repeated)
    assert account["websiteurl"] is None
    assert account["_primarycontactid_value"] == contact["contactid"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7,A,,,,,,,,,,\n8,B,,,,,,,,,\n", "suppliers.csv line 3: 11 values"),
        ('7,"A\nB",,,,,,,,,,\n8,B,,,,,,,,,,,\n', "suppliers.csv line 4: 13 values"),
        ("7,A,,,,,,,,,,\n7,B,,,,,,,,,,\n", "suppliers.csv line 3: supplierID 7 is there twice"),
        ("7,,,,,,,,,,,\n", "suppliers.csv line 2: companyName is empty"),
        (",A,,,,,,,,,,\n", "suppliers.csv line 2: supplierID is empty"),
        ('7,"A"B,,,,,,,,,,\n', "suppliers.csv line 2"),
    ],
)
def test_a_crooked_row_names_file_and_line_and_nothing_is_written(
    serving: Serving, folder: Path, text: str, said: str
) -> None:
    suppliers(folder, text)

    with pytest.raises(InputError) as caught:
        run(serving, folder)

    assert str(caught.value).startswith(said)
    assert caught.value.exit_code == 2
    with caller(serving) as session:
        assert Control(session, serving.dynamics_url).entries() == []


def test_a_file_without_a_needed_column_or_of_another_encoding_is_refused(
    serving: Serving, folder: Path
) -> None:
    (folder / "suppliers.csv").write_text("supplierID,companyName\n1,A\n", "utf-8")
    with pytest.raises(InputError, match=r"suppliers.csv: no column contactName"):
        run(serving, folder)

    (folder / "suppliers.csv").write_bytes(SUPPLIERS.encode() + "1,Ö,".encode("latin-1"))
    with pytest.raises(InputError, match=r"suppliers.csv: not UTF-8"):
        run(serving, folder)


def test_a_row_the_twin_refuses_is_named(serving: Serving, folder: Path) -> None:
    suppliers(folder, f"6,Fine,,,,,,,,,,\n7,{'x' * 161},,,,,,,,,,\n")

    with pytest.raises(ToolError, match=r"suppliers.csv line 3: .*160") as caught:
        run(serving, folder)

    assert caught.value.exit_code == 1


def test_files_whose_tables_do_not_exist_are_named_and_others_ignored(
    serving: Serving, folder: Path
) -> None:
    suppliers(folder, "7,Roastery,,,,,,,,,,\n")
    (folder / "order-details.csv").write_text("orderID\n1\n", "utf-8")
    (folder / "shippers.csv").write_text("crooked\n1,2,3\n", "utf-8")

    said = run(serving, folder)

    assert said.startswith("order-details.csv: table salesorderdetail does not exist yet")
    assert "shippers.csv" not in said


def test_a_folder_without_any_file_and_a_wrong_settings_file_are_refused(
    serving: Serving, folder: Path
) -> None:
    with pytest.raises(InputError, match="none of"):
        run(serving, folder)

    suppliers(folder, "7,Roastery,,,,,,,,,,\n")
    with pytest.raises(InputError, match="is missing"):
        load(LoadOptions(folder, serving.settings_file, connection="b"), io.StringIO())
    with pytest.raises(InputError, match="No such file"):
        load(LoadOptions(folder, folder / "none.toml"), io.StringIO())


def test_a_twin_that_does_not_answer_is_unreachable(tmp_path: Path, folder: Path) -> None:
    with start(tmp_path / "gone") as serving:
        pass
    suppliers(folder, "7,Roastery,,,,,,,,,,\n")

    with pytest.raises(UnreachableError) as caught:
        run(serving, folder)

    assert caught.value.exit_code == 3

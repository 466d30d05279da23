"""Which column is what."""

from __future__ import annotations

import pytest

from campaign.contacts.columns import RESULT_COLUMNS, find_columns, plain_name
from campaign.errors import ListError


@pytest.mark.parametrize(
    "name",
    [
        "to_number",
        "phone_number",
        "phone number",
        "Phone",
        "NUMBER",
        " mobile ",
        "Contact  Number",
        "contact__number",
    ],
)
def test_phone_by_name(name: str) -> None:
    """The phone column is found in any case, with spaces or underscores."""
    columns = find_columns(["first", name, "Last"])
    assert columns.phone == name
    assert columns.variables == ("first", "Last")
    assert columns.key == ""


def test_everything_has_its_place() -> None:
    """Retell's own fields are recognised; the rest are variables, names as written."""
    names = [
        "id",
        "phone",
        "Override Agent ID",
        "override agent version",
        "METADATA",
        "custom sip headers",
        "ignore e164 validation",
        "From Number",
        "Timezone",
        "drop_call_if_machine_detected",
        "call_outcome",
        "call_notes",
        "Call_ID",
        " Name ",
    ]
    columns = find_columns(names, key_column="id")
    assert columns.fields == {
        "override_agent_id": "Override Agent ID",
        "override_agent_version": "override agent version",
        "metadata": "METADATA",
        "custom_sip_headers": "custom sip headers",
        "ignore_e164_validation": "ignore e164 validation",
        "from_number": "From Number",
        "timezone": "Timezone",
        "drop_call_if_machine_detected": "drop_call_if_machine_detected",
    }
    assert columns.variables == ("id", "call_notes", "Call_ID", " Name ")
    assert columns.own == tuple(name for name in names if name != "call_outcome")
    assert columns.key == "id"


def test_columns_of_an_earlier_results_file_are_dropped() -> None:
    """All of them, and only they, by their exact names."""
    assert len(RESULT_COLUMNS) == 20
    columns = find_columns(["phone", *RESULT_COLUMNS, "x"])
    assert columns.own == ("phone", "x")
    assert columns.variables == ("x",)


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (["a", "call_id"], {}, "no phone column among 'a'; name one phone_number"),
        (["Phone", "x", "mobile"], {}, "more than one phone column: 'Phone', 'mobile'"),
        (["a"], {"phone_column": "tel"}, "no column 'tel' (--phone-column)"),
        (["Telephone", "b"], {"phone_column": "telefone"}, "did you mean 'Telephone'?"),
        (["a", "b"], {"phone_column": "tel"}, "its columns are 'a', 'b'"),
        (["phone", "x y", "x_y"], {"key_column": "X Y"}, "no column 'X Y' (--key)"),
        (["phone", "z"], {"timezone_column": "tz"}, "no column 'tz' (--timezone-column)"),
        (["phone", "Metadata", "metadata"], {}, "'Metadata', 'metadata' both mean metadata"),
        (
            ["phone", "a"],
            {"region_column": "state"},
            "(region_column) in the list; its columns are",
        ),
        (["phone", "a"], {"consent_column": "ok"}, "no column 'ok' (consent_column) in the list"),
        (["phone", "a"], {"consent_date_column": "at"}, "no column 'at' (consent_date_column)"),
        (["phone", "states"], {"region_column": "state"}, "its columns are 'phone', 'states'"),
        (
            ["phone", "a"],
            {"region_column": "a", "consent_column": "A"},
            "the column 'a' cannot be both region_column and consent_column; name another",
        ),
        (
            ["phone", "a"],
            {"timezone_column": "phone"},
            "the column 'phone' cannot be both the phone column and --timezone-column",
        ),
        (["phone", "call_to_number"], {"phone_column": "call_to_number"}, "no column"),
    ],
)
def test_refused(names: list[str], options: dict[str, str], message: str) -> None:
    """What is missing or ambiguous is named."""
    with pytest.raises(ListError) as caught:
        find_columns(names, **options)
    assert message in str(caught.value)


def test_named_columns_go_before_found_ones() -> None:
    """A column given by name settles what would be ambiguous; the other one is a variable."""
    columns = find_columns(
        ["Phone", "mobile", "timezone", "Local Zone"],
        phone_column="mobile",
        timezone_column="local_zone",
    )
    assert columns.phone == "mobile"
    assert columns.fields == {"timezone": "Local Zone"}
    assert columns.variables == ("Phone", "timezone")


def test_columns_of_consent_are_no_variables() -> None:
    """What speaks of consent is not sent; a region is, as a variable; neither is a field."""
    columns = find_columns(
        ["phone", "metadata", "State", "ok", "since", "x"],
        region_column="state",
        consent_column="ok",
        consent_date_column="since",
    )
    assert (columns.region, columns.consent, columns.consent_date) == ("State", "ok", "since")
    assert columns.variables == ("State", "x")
    assert find_columns(["phone", "metadata"], region_column="metadata").fields == {}


def test_the_phone_column_as_key_is_the_number_as_key() -> None:
    """Naming the phone column as key changes nothing."""
    assert find_columns(["phone", "x"], key_column="phone").key == ""


def test_phone_column_may_have_the_name_of_a_field() -> None:
    """A column that is said to be the phone is nothing else."""
    columns = find_columns(["from_number", "x"], phone_column="From Number")
    assert columns.phone == "from_number"
    assert columns.fields == {}


def test_plain_name() -> None:
    """Names are compared without case, with runs of spaces and underscores as one."""
    assert plain_name(" Phone _ Number ") == "phone_number"

"""Reading the same listing again and again: for little, and as exactly as the first time."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from campaign.model import Call
from campaign.retell.seen import Seen
from campaign.retell.wire_calls import CallV1, CallV2, to_call

VALUES = st.sampled_from([None, 0, 1, 1.0, True, False, "1", "", "a", {"a": 1}, {"a": True}, [1]])
FIELDS = ("call_id", "call_status", "start_timestamp", "duration_ms", "collected_dynamic_variables")
PAGES = st.lists(
    st.lists(st.dictionaries(st.sampled_from(FIELDS), VALUES), max_size=4), min_size=1, max_size=5
)


def call_of(item: dict[str, Any]) -> Call | None:
    """Read one item, by itself."""
    return to_call(CallV2.model_validate(item), status="")


@given(pages=PAGES)
def test_every_page_is_read_as_if_it_were_the_first(pages: list[list[dict[str, Any]]]) -> None:
    """Whatever was seen before, each item is the call that it is, down to 1 and true."""
    seen = Seen()
    for page in pages:
        found = [call for _, call in seen.read(page, CallV2)]
        assert repr(found) == repr([call_of(item) for item in page])


def test_what_says_the_same_is_the_same_call() -> None:
    """A call that has not changed is not read again; one that has is."""
    seen = Seen()
    page = [{"call_id": "a", "call_status": "ongoing"}, {"call_id": "b", "call_status": "ongoing"}]
    (_, first_a), (_, first_b) = seen.read(page, CallV2)
    page[1]["call_status"] = "ended"
    (_, second_a), (_, second_b) = seen.read([dict(item) for item in page], CallV2)
    assert second_a is first_a
    assert first_b is not None
    assert second_b is not None
    assert (first_b.status, second_b.status) == ("ongoing", "ended")


def test_only_the_newest_page_is_remembered() -> None:
    """What is remembered is bounded by what a page holds."""
    seen = Seen()
    for n in range(100):
        seen.read([{"call_id": f"call_{n}"}], CallV2)
    assert len(seen._page) == 1


def test_the_kinds_are_kept_apart() -> None:
    """An item of one version of the API is not taken for one of another."""
    seen = Seen()
    item = {"call_id": "a"}
    assert [type(answer) for answer, _ in seen.read([item], CallV1)] == [CallV1]
    assert [type(answer) for answer, _ in seen.read([item], CallV2)] == [CallV2]

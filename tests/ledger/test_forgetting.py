"""A person is forgotten, in every ledger: number and texts go, and nobody is called again by it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign.errors import ConfigError, LedgerError
from campaign.ledger import files
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import (
    Attempt,
    AttemptState,
    Begun,
    Capped,
    Event,
    EventKind,
    Held,
    Hold,
    Suppressed,
    Suppression,
)
from campaign.policy import lifecycle
from campaign.ports import Ledger

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]
S = AttemptState
NUMBER, OTHER = "+14155550100", "+14155550101"
HASH = re.compile(r"forgotten:[0-9a-f]{64}")
SAID = {
    "summary": "Ada wants a heat pump",
    "sentiment": "Positive",
    "analysis": {"name": "Ada"},
    "collected": {"street": "Elm"},
    "recording_url": "https://a.example/ada.wav",
}
KEPT = {"disconnection_reason": "user_hangup", "cost_usd": 0.2, "agent_id": "agent_7"}


async def _only(ledger: Ledger, key: str = NUMBER) -> Attempt:
    return (await ledger.histories("spring", [key]))[key].last


def _hidden(attempt: Attempt) -> tuple[bool, ...]:
    names = (attempt.contact_key, attempt.to_number, attempt.attempt_id)
    return tuple(HASH.fullmatch(name) is not None for name in names)


async def test_number_and_texts_go(ledger: Ledger, put: Make, t0: datetime) -> None:
    """Hashes take the place of who was called; what was said goes; when, how and why stay."""
    await put(S.ENDED, successful=True, **SAID, **KEPT)
    before = await _only(ledger)
    assert await ledger.forget(NUMBER, t0) == 1
    (attempt,) = ledger.attempts("spring")
    assert _hidden(attempt) == (True, True, True)
    assert attempt.contact_key == attempt.to_number
    assert before.call is not None
    untold: dict[str, Any] = dict.fromkeys(SAID)
    assert attempt == replace(
        before,
        contact_key=attempt.contact_key,
        to_number=attempt.to_number,
        attempt_id=attempt.attempt_id,
        call=replace(before.call, to_number=attempt.to_number, **untold),
    )


@pytest.mark.parametrize("state", sorted(set(S) - lifecycle.IN_FLIGHT))
async def test_a_forgotten_contact_is_known(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime, *, state: AttemptState
) -> None:
    """Who has the key finds the history; an attempt that was made is not made again."""
    begun = await put(state)
    assert await ledger.forget(NUMBER, t0) == 1
    last = await _only(ledger)
    assert (last.id, last.state, last.error) == (begun, state, None)
    assert [key for key, _ in ledger.latest("spring")] == [last.contact_key]
    assert list(ledger.keys("spring")) == [last.contact_key]
    assert await ledger.histories("spring", [last.contact_key, OTHER]) == {
        last.contact_key: (await ledger.histories("spring", [NUMBER]))[NUMBER]
    }
    answer = await ledger.begin(an_intent())
    assert answer == (
        Begun(id=begun)
        if state is S.WITHHELD
        else Held(reason=f"attempt 1 of this contact is already {state.value!r}")
    )


async def test_a_withheld_attempt_is_sent_after_all(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime
) -> None:
    """Sent again, an attempt has the number and id that it needs to be followed by."""
    await put(S.WITHHELD)
    await ledger.forget(NUMBER, t0)
    await ledger.begin(an_intent(after_s=60))
    (attempt,) = await ledger.in_flight("spring")
    assert (attempt.to_number, attempt.attempt_id) == (NUMBER, "att_0")
    assert await ledger.occupied([NUMBER]) == {NUMBER}


async def test_a_forgotten_contact_is_called_again(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make, t0: datetime
) -> None:
    """A later attempt joins the others under the contact's hash; forgotten again, it is gone."""
    await put(S.ENDED)
    await ledger.forget(NUMBER, t0)
    begun = await put(S.LIVE, an_intent(attempt=2, attempt_id="att_2"), call_id="call_2")
    assert (await ledger.histories("spring", [NUMBER]))[NUMBER].created == 2
    ((key, history),) = ledger.latest("spring")
    assert (HASH.fullmatch(key) is not None, history.last.to_number) == (True, NUMBER)
    held = Held(reason="a call to this number is live or of unknown outcome (campaign 'spring')")
    assert await ledger.begin(an_intent(attempt=3)) == held
    other = Held(reason="attempt 2 of this contact is live or of unknown outcome")
    assert await ledger.begin(an_intent(attempt=3, to_number=OTHER)) == other
    with pytest.raises(ConfigError, match=r"'\+1\*{8}00' is live .*`campaign sync`"):
        await ledger.forget(NUMBER, t0)
    await ledger.record(Event(id=begun, kind=EventKind.LOST, at=t0))
    assert await ledger.forget(NUMBER, t0) == 1
    assert [_hidden(one) for one in ledger.attempts("spring")] == [(True, True, True)] * 2
    await ledger.open_campaign(a_campaign("autumn"))
    assert isinstance(await ledger.begin(an_intent(campaign="autumn")), Begun)
    assert [key for key, _ in ledger.latest("autumn")] == [NUMBER]


@pytest.mark.parametrize("state", sorted(lifecycle.IN_FLIGHT))
async def test_a_call_under_way_is_not_forgotten(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime, *, state: AttemptState
) -> None:
    """While a call may be live its number is needed, and nothing is erased."""
    await put(state)
    before = list(ledger.attempts("spring"))
    with pytest.raises(ConfigError) as caught:
        await ledger.forget(NUMBER, t0)
    assert NUMBER not in str(caught.value)
    assert list(ledger.attempts("spring")) == before
    assert await ledger.forget(OTHER, t0) == 0


async def test_caps_and_calls_by_hash(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime
) -> None:
    """Calls before and after the forgetting count together."""
    await put(S.ENDED)
    await ledger.forget(NUMBER, t0)
    caps = ((1, 3600.0),)
    full = await ledger.begin(an_intent(attempt=2, after_s=60, caps=caps))
    assert isinstance(full, Capped)
    assert await ledger.begin(an_intent(attempt=2, after_s=3600, caps=caps)) == Begun(id=2)
    assert await ledger.calls_to([NUMBER, OTHER], t0) == {NUMBER: [t0, t0 + timedelta(hours=1)]}


async def test_a_suppression_stays(
    ledger: Ledger, put: Make, an_intent: Make, t0: datetime
) -> None:
    """A suppressed number stays so by its hash, until it is taken off by its name."""
    await put(S.REFUSED)
    asked = Suppression(number=NUMBER, reason="asked", at=t0)
    await ledger.suppress([asked])
    await ledger.forget(NUMBER, t0)
    (listed,) = ledger.suppressions()
    assert (HASH.fullmatch(listed.number) is not None, listed.reason) == (True, "asked")
    assert await ledger.suppressed([NUMBER, OTHER]) == {NUMBER: "asked"}
    assert await ledger.begin(an_intent(attempt=2)) == Suppressed(reason="asked")
    assert await ledger.suppress([asked, replace(asked, number=OTHER)]) == 1
    assert await ledger.unsuppress([NUMBER], t0) == 1
    assert await ledger.suppressed([NUMBER]) == {}
    assert isinstance(await ledger.begin(an_intent(attempt=2)), Begun)
    assert await ledger.suppress([replace(asked, reason="again")]) == 1
    assert [NUMBER == one.number for one in ledger.suppressions()] == [False, False]


async def test_a_number_without_attempts(ledger: Ledger, an_intent: Make, t0: datetime) -> None:
    """A number that is only suppressed is forgotten as well."""
    await ledger.suppress([Suppression(number=NUMBER, reason="asked", at=t0)])
    assert await ledger.forget(NUMBER, t0) == 0
    assert await ledger.forget(NUMBER, t0 + timedelta(days=1)) == 0
    assert [HASH.fullmatch(one.number) is None for one in ledger.suppressions()] == [False]
    assert await ledger.begin(an_intent()) == Suppressed(reason="asked")


async def test_the_story_of_a_forgotten_number(ledger: Ledger, put: Make, t0: datetime) -> None:
    """The story is still told to who has the number, without holds and without texts."""
    begun = await put(S.UNKNOWN)
    said = Event(id=begun, kind=EventKind.CALLED, at=t0, error="Ada told me")
    await ledger.record(said)
    hold = Hold(
        campaign="spring", contact_key=NUMBER, to_number=NUMBER, at=t0, kind="hold", reason="late"
    )
    await ledger.hold([hold, replace(hold, contact_key=OTHER, to_number=OTHER)])
    await ledger.forget(NUMBER, t0)
    told = [(one.kind, one.outcome, one.reason) for one in await ledger.story(NUMBER)]
    assert told == [("attempt", "placed", None), ("verdict", None, None)]
    assert len(await ledger.story(OTHER)) == 1
    await ledger.hold([hold])
    assert [one.kind for one in await ledger.story(NUMBER)] == ["attempt", "verdict", "hold"]
    await ledger.forget(NUMBER, t0)
    assert [one.kind for one in await ledger.story(NUMBER)] == ["attempt", "verdict"]


async def test_a_contact_by_another_key(
    ledger: Ledger, put: Make, an_intent: Make, a_campaign: Make, t0: datetime
) -> None:
    """With a key column, the key goes with the number, from all attempts of the contact."""
    await ledger.open_campaign(a_campaign("autumn"))
    key = {"contact_key": "crm-7"}
    await put(S.ENDED, an_intent(**key), **SAID)
    await put(S.ENDED, an_intent(1, attempt=2, **key), call_id="call_2", **SAID)
    await put(S.ENDED, an_intent(campaign="autumn", contact_key="9", attempt_id="a"), call_id="c3")
    hold = Hold(
        campaign="spring", contact_key="crm-7", to_number=OTHER, at=t0, kind="skip", reason="x"
    )
    await ledger.hold([hold])
    assert await ledger.forget(NUMBER, t0) == 2
    first, second = ledger.attempts("spring")
    assert _hidden(first) == (True, True, True)
    assert _hidden(second) == (True, False, False)
    assert second.call is not None
    assert second.call.summary == SAID["summary"]
    assert (await _only(ledger, "crm-7")) == second
    assert [_hidden(one) for one in ledger.attempts("autumn")] == [(True, True, True)]
    assert [one.kind for one in await ledger.story(OTHER)] == ["attempt"]
    # The other number of the same contact is forgotten in its turn.
    assert await ledger.forget(OTHER, t0) == 1
    assert [_hidden(one) for one in ledger.attempts("spring")] == [(True, True, True)] * 2
    assert (await ledger.histories("spring", ["crm-7"]))["crm-7"].created == 2


async def test_what_is_learnt_later_brings_nothing_back(
    ledger: Ledger, put: Make, a_call: Make, t0: datetime
) -> None:
    """A late word on a forgotten call is recorded without its texts; a wish to be left alone is."""
    begun = await put(S.ENDED, **SAID)
    await ledger.forget(NUMBER, t0)
    before = await _only(ledger)
    late = a_call("ended", to_number=NUMBER, cost_usd=0.3, transcript="hi", **SAID)
    event = Event(id=begun, kind=EventKind.OBSERVED, at=t0, call=late, error="Ada", opt_out="asked")
    after = await ledger.record(event)
    assert before.call is not None
    assert after == replace(before, call=replace(before.call, cost_usd=0.3))
    assert after == await _only(ledger)
    await ledger.record(Event(id=begun, kind=EventKind.OBSERVED, at=t0))
    assert await ledger.suppressed([NUMBER]) == {NUMBER: "asked"}
    assert [HASH.fullmatch(one.number) is None for one in ledger.suppressions()] == [False]


async def test_a_forgotten_call_that_is_listed(
    ledger: Ledger, put: Make, a_found: Make, a_call: Make, t0: datetime
) -> None:
    """The provider's list names the contact by its key: what is known of it changes nothing."""
    await put(S.ENDED, call_id="call_0")
    await ledger.forget(NUMBER, t0)
    before = list(ledger.attempts("spring"))
    listed = a_found(call=a_call("ended", "call_0", to_number=NUMBER, **SAID), opt_out="asked")
    assert await ledger.adopt([listed]) == []
    assert list(ledger.attempts("spring")) == before
    with pytest.raises(ConfigError, match="no campaign 'winter'"):
        await ledger.adopt([a_found(campaign="winter")])


@pytest.mark.parametrize("state", [S.WITHHELD, S.REFUSED, S.SETTLED, S.DISMISSED])
async def test_a_forgotten_attempt_takes_up_a_call(
    ledger: Ledger,
    put: Make,
    an_intent: Make,
    a_found: Make,
    a_call: Make,
    *,
    t0: datetime,
    state: AttemptState,
) -> None:
    """Presence is proof, after forgetting too; the number is held by its hash until the end."""
    await put(state)
    await ledger.forget(NUMBER, t0)
    listed = a_found(call=a_call("ongoing", "call_9", to_number=NUMBER, **SAID), opt_out="asked")
    (attempt,) = await ledger.adopt([listed])
    assert (attempt.state, _hidden(attempt)) == (S.LIVE, (True, True, True))
    assert attempt.call is not None
    assert attempt.call.summary is None
    assert await ledger.occupied([NUMBER, OTHER]) == {NUMBER}
    assert await ledger.suppressed([NUMBER]) == {NUMBER: "asked"}
    await ledger.unsuppress([NUMBER], t0)
    answer = await ledger.begin(an_intent(attempt=2))
    assert answer == Held(
        reason="a call to this number is live or of unknown outcome (campaign 'spring')"
    )
    with pytest.raises(ConfigError, match="cannot be forgotten now"):
        await ledger.forget(NUMBER, t0)


async def test_a_lost_call_to_a_forgotten_number(
    ledger: Ledger, put: Make, an_intent: Make, a_found: Make, a_campaign: Make, *, t0: datetime
) -> None:
    """A call the ledger has no trace of is added under hashes where its number was forgotten."""
    await ledger.open_campaign(a_campaign("autumn"))
    await put(S.ENDED)
    await ledger.forget(NUMBER, t0)
    lost = [a_found(attempt=2), a_found(campaign="autumn"), a_found(1)]
    adopted = await ledger.adopt(lost)
    assert [_hidden(one) for one in adopted] == [(True, True, True)] * 2 + [(False, False, False)]
    assert await ledger.adopt(lost) == []
    assert (await ledger.histories("spring", [NUMBER]))[NUMBER].created == 2
    assert await ledger.occupied([NUMBER]) == {NUMBER}


async def test_a_lost_call_to_a_number_that_is_called_again(
    ledger: Ledger, put: Make, an_intent: Make, a_found: Make, a_campaign: Make, *, t0: datetime
) -> None:
    """Where a contact is known by its name again, its lost call joins it there."""
    await ledger.forget(NUMBER, t0)
    await put(S.ENDED)
    (attempt,) = await ledger.adopt([a_found(attempt=2)])
    assert _hidden(attempt) == (False, False, False)
    assert [key for key, _ in ledger.latest("spring")] == [NUMBER]


async def test_two_ledgers_have_nothing_in_common(
    ledger: Ledger, put: Make, t0: datetime, tmp_path: Path, *, a_campaign: Make, an_intent: Make
) -> None:
    """The hash of a number in one ledger tells nothing about another one."""
    other = SqliteLedger.open(tmp_path / "other.db")
    await other.open_campaign(a_campaign())
    begun = await other.begin(an_intent())
    assert isinstance(begun, Begun)
    await other.record(Event(id=begun.id, kind=EventKind.REFUSED, at=t0))
    await put(S.REFUSED)
    hashes = set[str]()
    for one in (ledger, other):
        await one.forget(NUMBER, t0)
        hashes |= {attempt.to_number for attempt in one.attempts("spring")}
    await other.aclose()
    assert len(hashes) == 2


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite leave behind what is erased, as it does unless it was built otherwise."""
    opened = files.for_writing

    def for_writing(real: Path, *, check: bool = False) -> sqlite3.Connection:
        connection = opened(real, check=check)
        connection.execute("PRAGMA secure_delete = OFF")
        return connection

    monkeypatch.setattr(files, "for_writing", for_writing)


@pytest.mark.no_cover
@pytest.mark.usefixtures("careless")
async def test_no_byte_is_left(
    tmp_path: Path,
    a_campaign: Make,
    an_intent: Make,
    a_call: Make,
    a_found: Make,
    *,
    t0: datetime,
) -> None:
    """Neither the file nor its log holds the number, its key or a word of what was said."""
    ledger = SqliteLedger.open(tmp_path / "campaign.db")
    await ledger.open_campaign(a_campaign())
    own = {"contact_key": "crm-ada-7", "to_number": NUMBER}
    for n in range(300):
        changes = own if n == 150 else {"to_number": f"+1212{n:07d}", "contact_key": f"crm-{n}"}
        begun = await ledger.begin(an_intent(attempt_id=f"att-{n}-x", **changes))
        assert isinstance(begun, Begun)
        call = a_call("registered", f"call_{n}", **(SAID if n == 150 else {}))
        for kind in (EventKind.CREATED, EventKind.ENDED):
            error = "Ada" if n == 150 else None
            await ledger.record(Event(id=begun.id, kind=kind, at=t0, call=call, error=error))
    hold = Hold(campaign="spring", at=t0, kind="hold", reason="late", **own)
    asked = Suppression(number=NUMBER, reason="asked", at=t0)
    await ledger.hold([hold])
    await ledger.suppress([asked])
    traces = [b"14155550100", b"crm-ada-7", b"att-150-x", b"Ada", b"ada.wav", b"Elm", b"Positive"]
    assert [word for word in traces if word not in _bytes(tmp_path)] == []
    assert await ledger.forget(NUMBER, t0) == 1
    assert [word for word in traces if word in _bytes(tmp_path)] == []
    assert (await ledger.histories("spring", ["crm-ada-7"]))["crm-ada-7"].created == 1
    assert await ledger.suppressed([NUMBER]) == {NUMBER: "asked"}
    assert await ledger.calls_created("spring") == 300
    # Nor does what comes after it bring anything back.
    await ledger.hold([hold, replace(hold, contact_key="+14155550100")])
    await ledger.unsuppress([NUMBER], t0)
    await ledger.suppress([asked])
    lost = a_found(attempt=2, contact_key="crm-ada-7", attempt_id="att-150-x")
    call = a_call("ended", "call_lost", to_number=NUMBER, **SAID)
    assert len(await ledger.adopt([replace(lost, call=call)])) == 1
    assert [word for word in traces if word in _bytes(tmp_path)] == []
    await ledger.aclose()


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("campaign.db*")))


async def test_a_reader_that_stays(
    sqlite: SqliteLedger, an_intent: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, t0: Any
) -> None:
    """Where the log cannot be emptied that is said, and a second time does it."""
    monkeypatch.setattr(files, "BUSY_TIMEOUT_S", 0.05)
    await sqlite.suppress([Suppression(number=NUMBER, reason="asked", at=t0)])
    with closing(sqlite3.connect(tmp_path / "campaign.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM attempts").fetchone()
        with pytest.raises(LedgerError, match=r"is being read.*`campaign forget`"):
            await sqlite.forget(NUMBER, t0)
    assert await sqlite.suppressed([NUMBER]) == {NUMBER: "asked"}
    assert await sqlite.forget(NUMBER, t0) == 0
    assert NUMBER.encode() not in _bytes(tmp_path)


async def test_a_key_that_cannot_be(sqlite: SqliteLedger, tmp_path: Path, t0: datetime) -> None:
    """A bent key of the hashes is damage of the file."""
    await sqlite.forget(NUMBER, t0)
    with closing(sqlite3.connect(tmp_path / "campaign.db")) as connection, connection:
        connection.execute("UPDATE meta SET value = 'x' WHERE key = 'forgetting_key'")
    with pytest.raises(LedgerError, match="malformed cell"):
        await sqlite.occupied([NUMBER])


async def test_the_key_stays(sqlite: SqliteLedger, tmp_path: Path, t0: datetime) -> None:
    """The key is made once, of 32 bytes, and when the number was forgotten is noted."""
    keys = list[str]()
    for number in (NUMBER, OTHER):
        await sqlite.forget(number, t0)
        with closing(sqlite3.connect(tmp_path / "campaign.db")) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'forgetting_key'")
            keys += row.fetchone()
            forgotten = connection.execute("SELECT number, at FROM forgotten").fetchall()
    assert len(bytes.fromhex(keys[0])) == 32
    assert keys[0] == keys[1]
    assert [HASH.fullmatch(number) is not None for number, _ in forgotten] == [True, True]

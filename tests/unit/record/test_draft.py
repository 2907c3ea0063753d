from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError, LimitError, SignatureError, UsageError
from chainlog.event.compose import compose
from chainlog.record.draft import Draft, Wanted, decode_draft, load_draft
from chainlog.record.record import check_record, encode_record
from chainlog.record.statement import EventStatement
from tests.messagepack import other_forms
from tests.mutations import packed, put, without
from tests.signers import signer

LOG = b"\x07" * 32
BASE = (5, b"\x08" * 32)
EVENT = compose(
    "destroyed.carriers",
    body={"method": "pulp"},
    people=[("operator", "p/O", 0), ("supervisor", "p/L", 1), ("supervisor", "p/Z", 2)],
    subjects=["c/1", "d/1"],
    event_id=bytes(16),
    expires_at_us=1_000,
)
EMPTY = Draft(LOG, BASE, EVENT.encoded)


def signed(draft: Draft, *names: str, at: int = 10) -> Draft:
    """Signatures by the keys of these names; `p/Z 2` is the second key of p/Z."""
    for name in names:
        draft = draft.sign(signer(name), role="supervisor", person=name.split(" ")[0], signed_at_us=at)
    return draft


FULL = signed(EMPTY, "p/L", "p/Z", "p/Z 2")
PLAIN: list[Any] = codec.decode(FULL.encoded())


def refusal(data: Any) -> FormatError:
    with pytest.raises(FormatError) as caught:
        decode_draft(data if isinstance(data, bytes) else packed(data))
    assert caught.value.path.startswith("$")
    return caught.value


def test_a_draft_says_whose_signatures_are_wanted():
    assert EMPTY.wanted() == [Wanted("supervisor", "p/L", 1), Wanted("supervisor", "p/Z", 2)]
    assert signed(EMPTY, "p/Z").wanted() == [Wanted("supervisor", "p/L", 1), Wanted("supervisor", "p/Z", 1)]
    assert FULL.wanted() == []
    # A draft is a value: signing made new ones.
    assert EMPTY.signatures == ()


def test_the_order_of_signing_does_not_matter():
    others = signed(EMPTY, "p/Z 2", "p/L", "p/Z")
    assert others == FULL
    assert others.encoded() == FULL.encoded()


def test_a_draft_file_brings_the_same_draft():
    for draft in (EMPTY, signed(EMPTY, "p/Z"), FULL):
        assert decode_draft(draft.encoded()) == draft
    assert FULL.encoded() == packed(PLAIN)
    assert PLAIN[:4] == ["chainlog/v1/draft", LOG, list(BASE), EVENT.encoded]


def test_a_signature_covers_log_base_role_time_and_event():
    FULL.verify_signatures()
    (one,) = signed(EMPTY, "p/L").signatures
    changes: list[Draft] = [
        Draft(bytes(32), BASE, EVENT.encoded, (one,)),
        Draft(LOG, (6, BASE[1]), EVENT.encoded, (one,)),
        Draft(LOG, (5, bytes(32)), EVENT.encoded, (one,)),
        Draft(LOG, BASE, EVENT.encoded[:-1] + b"\x00", (one,)),
        Draft(LOG, BASE, EVENT.encoded, (one._replace(role="operator"),)),
        Draft(LOG, BASE, EVENT.encoded, (one._replace(signed_at_us=11),)),
        Draft(LOG, BASE, EVENT.encoded, (one._replace(public_key=signer("p/Z").public_key),)),
        Draft(LOG, BASE, EVENT.encoded, (one._replace(signature=bytes(64)),)),
    ]
    for changed in changes:
        with pytest.raises(SignatureError, match="p/L"):
            changed.verify_signatures()
    # Whose key it is, only the log's registry knows.
    Draft(LOG, BASE, EVENT.encoded, (one._replace(person="p/Z"),)).verify_signatures()


@pytest.mark.parametrize(
    ("draft", "role", "person", "key"),
    [
        (EMPTY, "operator", "p/O", "p/O"),
        (EMPTY, "supervisor", "p/O", "p/O"),
        (EMPTY, "witness", "p/L", "p/L"),
        (EMPTY, "supervisor", "p/NOBODY", "p/NOBODY"),
        (FULL, "supervisor", "p/L", "another key"),
        (signed(EMPTY, "p/Z"), "supervisor", "p/Z", "p/Z"),
        (signed(EMPTY, "p/Z"), "supervisor", "p/L", "p/Z"),
    ],
)
def test_signatures_that_nobody_wants(draft: Draft, role: str, person: str, key: str):
    with pytest.raises(UsageError):
        draft.sign(signer(key), role=role, person=person, signed_at_us=10)


class FalseSigner:
    """Returns a signature that is none, or one of something else."""

    public_key = signer("p/L").public_key

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def sign_event(self, statement: EventStatement) -> bytes:
        return self.answer


@pytest.mark.parametrize("answer", [bytes(64), b"", b"\xff" * 64, FULL.signatures[0].signature])
def test_what_a_signer_returns_is_verified(answer: bytes):
    with pytest.raises(SignatureError):
        EMPTY.sign(FalseSigner(answer), role="supervisor", person="p/L", signed_at_us=99)


def test_a_time_before_1970_is_not_signed():
    with pytest.raises(FormatError):
        signed(EMPTY, "p/L", at=-1)


def test_the_signatures_of_a_draft_make_a_record():
    data = encode_record(
        index=6, recorded_at_us=20, prev_hash=bytes(32), base=BASE, links=[(0, 0, bytes(32))] * 5, event=EVENT.encoded,
        signatures=FULL.record_signatures(),
    )  # fmt: skip
    assert sorted(check_record(data).record.signatures) == sorted(FULL.record_signatures())


# --- files ----------------------------------------------------------------------------------------------

A, B, C = PLAIN[4]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ((0,), "chainlog/v2/draft"),
        ((0,), "chainlog/v1/event"),
        ((0,), b"chainlog/v1/draft"),
        ((1,), bytes(31)),
        ((1,), "x" * 32),
        ((2,), [5]),
        ((2, 0), -1),
        ((2, 0), 2**53),
        ((2, 1), bytes(33)),
        ((3,), b""),
        ((3,), EVENT.encoded + b"\x00"),
        ((3,), "x"),
        ((4,), None),
        ((4,), [C, B, A]),
        ((4,), [A, A]),
        ((4,), [A] * 17),
        ((4,), [A[:4]]),
        ((4,), [[*A, 0]]),
        ((4, 0, 0), "operator"),
        ((4, 0, 0), "\u202e"),
        ((4, 0, 0), 1),
        ((4, 0, 1), "p/O"),
        ((4, 0, 1), "p/\x1b[2J"),
        ((4, 0, 2), bytes(31)),
        ((4, 0, 3), -1),
        ((4, 0, 3), 2**53),
        ((4, 0, 3), True),
        ((4, 0, 4), bytes(63)),
        ((4,), sorted([A, [*A[:3], 11, A[4]]], key=packed)),
        ((4,), sorted([A, [*A[:2], bytes(32), *A[3:]], [*A[:2], b"\x01" * 32, *A[3:]]], key=packed)),
    ],
)
def test_files_that_are_refused(path: tuple, wrong: Any):
    refusal(put(PLAIN, path, wrong))


def test_a_file_with_an_element_more_or_less_is_refused():
    for i in range(5):
        refusal(without(PLAIN, (i,)))
    refusal([*PLAIN, 0])


def test_no_more_signatures_than_the_event_asks_for():
    # p/L signs once, p/Z twice; so a fourth would be refused in the record.
    more = FULL.signatures[0]._replace(person="p/L", public_key=bytes(32))
    draft = Draft(LOG, BASE, EVENT.encoded, tuple(sorted((*FULL.signatures, more), key=codec.encode)))
    assert refusal(draft.encoded()).path == "$.signatures"


def test_one_key_gives_one_of_two_signatures():
    (one,) = signed(EMPTY, "p/Z").signatures
    draft = Draft(LOG, BASE, EVENT.encoded, (one, one._replace(signed_at_us=one.signed_at_us + 1)))
    assert refusal(draft.encoded()).path == "$.signatures"


def test_every_other_encoding_is_refused():
    for data in other_forms(PLAIN):
        refusal(data)


def test_every_bit_flip_is_refused_or_another_draft():
    data = signed(EMPTY, "p/L").encoded()
    for i in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[i // 8] ^= 1 << i % 8
        try:
            found = decode_draft(bytes(flipped))
        except FormatError:
            continue
        assert found != signed(EMPTY, "p/L")
        # Verifying is slow, so not each is verified.
        if i % 8 == i // 8 % 8:
            with pytest.raises(SignatureError):
                found.verify_signatures()


def test_every_beginning_is_refused():
    data = FULL.encoded()
    for end in range(len(data)):
        refusal(data[:end])


def test_saving_and_loading(tmp_path: Path):
    path = tmp_path / "销毁.draft"
    EMPTY.save(path)
    FULL.save(str(path))
    assert load_draft(path) == FULL
    assert [found.name for found in tmp_path.iterdir()] == ["销毁.draft"]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "taken" / "full").mkdir(parents=True)
    with pytest.raises(OSError):
        FULL.save(tmp_path / "taken")
    (tmp_path / "x").write_bytes(b"old")

    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError):
        FULL.save(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"old"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["taken", "x"]


def test_a_link_in_the_place_of_the_file_is_replaced_and_not_followed(tmp_path: Path):
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "x").symlink_to(tmp_path / "precious")
    FULL.save(tmp_path / "x")
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert load_draft(tmp_path / "x") == FULL


def test_a_large_file_is_refused_without_reading_it_all(tmp_path: Path):
    with pytest.raises(LimitError):
        decode_draft(bytes(limits.DRAFT_FILE_BYTES_MAX + 1))
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(LimitError):
        load_draft(path)


def test_the_largest_draft_fits_a_draft_file():
    # Its event, and sixteen signatures whose roles and persons are as long as they may be.
    signature = 1 + limits.ROLE_BYTES_MAX + 1 + limits.SUBJECT_BYTES_MAX + 2 + 34 + 9 + 66
    assert limits.largest_event_bytes() + limits.SIGNATURES_MAX * signature + 200 < limits.DRAFT_FILE_BYTES_MAX

from __future__ import annotations

import pytest

from chainlog import limits
from chainlog.errors import FormatError, SignatureError, UsageError
from chainlog.record.keys import SecretKey, verify
from chainlog.record.signer import LocalSigner, Signer, check_checkpoint_text
from chainlog.record.statement import EnrolStatement, EventStatement

KEY = SecretKey(bytes(range(32)))
EVENT = EventStatement(bytes(32), 5, bytes(32), "giver", 1, b"\x98")
ENROL = EnrolStatement(bytes(32), "p/0012", 1, KEY.public_key)
ORIGIN = "draft.office/" + "0a" * 32
ROOT = "A" * 43 + "="
CHECKPOINT = f"{ORIGIN}\n5\n{ROOT}\n"


@pytest.fixture
def signer() -> Signer:
    # The annotation lets the type checker hold the class to the protocol.
    return LocalSigner(KEY)


def test_signatures_cover_exactly_the_encoded_statement(signer: Signer):
    assert signer.public_key == KEY.public_key
    verify(signer.public_key, EVENT.encoded(), signer.sign_event(EVENT))
    verify(signer.public_key, ENROL.encoded(), signer.sign_enrolment(ENROL))
    verify(signer.public_key, CHECKPOINT.encode(), signer.sign_checkpoint(CHECKPOINT))


def test_a_signature_does_not_move_to_another_event_log_role_base_or_time(signer: Signer):
    signature = signer.sign_event(EVENT)
    for change in (
        {"event": b"\x98\x01"},
        {"log_id": b"\1" + bytes(31)},
        {"role": "receiver"},
        {"base_index": 4},
        {"base_hash": b"\1" + bytes(31)},
        {"signed_at_us": 2},
    ):
        with pytest.raises(SignatureError):
            verify(signer.public_key, EVENT._replace(**change).encoded(), signature)


def test_a_signature_for_one_purpose_serves_no_other(signer: Signer):
    signed = {
        EVENT.encoded(): signer.sign_event(EVENT),
        ENROL.encoded(): signer.sign_enrolment(ENROL),
        CHECKPOINT.encode(): signer.sign_checkpoint(CHECKPOINT),
    }
    for message in signed:
        for other, signature in signed.items():
            if other != message:
                with pytest.raises(SignatureError):
                    verify(signer.public_key, message, signature)


class Forged:
    """Looks like a statement and encodes to what its maker likes."""

    public_key = KEY.public_key

    def check(self) -> None:
        pass

    def encoded(self) -> bytes:
        return b"\0\0\0\x20ssh-challenge"


@pytest.mark.parametrize("anything", [b"raw bytes", "text", Forged(), tuple(EVENT), tuple(ENROL), None])
def test_only_statements_are_signed(signer: Signer, anything: object):
    with pytest.raises(TypeError):
        signer.sign_event(anything)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        signer.sign_enrolment(anything)  # type: ignore[arg-type]


def test_one_statement_is_not_taken_for_the_other(signer: Signer):
    with pytest.raises(TypeError):
        signer.sign_event(ENROL)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        signer.sign_enrolment(EVENT)  # type: ignore[arg-type]


def test_a_bad_statement_is_not_signed(signer: Signer):
    with pytest.raises(FormatError):
        signer.sign_event(EVENT._replace(role="Giver"))
    with pytest.raises(FormatError):
        signer.sign_enrolment(ENROL._replace(alg=2))


def test_possession_of_another_key_is_not_claimed(signer: Signer):
    with pytest.raises(UsageError):
        signer.sign_enrolment(ENROL._replace(public_key=SecretKey(bytes(32)).public_key))


@pytest.mark.parametrize(
    "text",
    [
        CHECKPOINT,
        f"{ORIGIN}\n1\n{ROOT}\n",
        f"{ORIGIN}\n{limits.INTEGER_MAX}\n{ROOT}\n",
        f"{'x' * 64}/{'0' * 64}\n1\n{'/' * 42}8=\n",
    ],
)
def test_checkpoint_texts(text: str):
    check_checkpoint_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n\n",
        "login challenge",
        CHECKPOINT[:-1],
        CHECKPOINT + "\n",
        "\n" + CHECKPOINT,
        CHECKPOINT + "extension",
        CHECKPOINT + "extension\n",
        CHECKPOINT + "extension\n\n",
        CHECKPOINT + "\ud800\n",
        CHECKPOINT + "x" * limits.NOTE_BYTES_MAX + "\n",
        CHECKPOINT.replace("\n", "\r\n"),
        f"{ORIGIN}\n5\n",
        f"{ORIGIN.upper()}\n5\n{ROOT}\n",
        f"{ORIGIN}0\n5\n{ROOT}\n",
        f"{ORIGIN[:-1]}\n5\n{ROOT}\n",
        f"example.com/log\n5\n{ROOT}\n",
        f"/{'0' * 64}\n5\n{ROOT}\n",
        f"{'x' * 65}/{'0' * 64}\n5\n{ROOT}\n",
        *(
            f"{ORIGIN}\n{n}\n{ROOT}\n"
            for n in ("", "0", "05", "+5", "-5", " 5", "5 ", "1_0", "٣", "5.0", 2**53, "9" * 5000)
        ),
        *(
            f"{ORIGIN}\n5\n{r}\n"
            for r in ("", "AA==", "A" * 44, ROOT[:-1], ROOT + "=", "A" * 42 + "B=", " " + ROOT, "é" * 44)
        ),
    ],
)
def test_what_is_no_checkpoint_is_not_signed(signer: Signer, text: str):
    with pytest.raises(FormatError):
        signer.sign_checkpoint(text)

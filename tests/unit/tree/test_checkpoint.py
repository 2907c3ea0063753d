from __future__ import annotations

import pytest

from chainlog.digest import record_hash
from chainlog.errors import ChainlogError, CheckpointError, FormatError, LimitError
from chainlog.limits import INTEGER_MAX, NOTE_BYTES_MAX, TREE_SIZE_MAX
from chainlog.record.keys import SecretKey, verify
from chainlog.record.signer import LocalSigner
from chainlog.tree.checkpoint import (
    Checkpoint,
    check_own_head,
    format_checkpoint,
    format_origin,
    parse_checkpoint,
    parse_origin,
    sign_checkpoint,
    verify_checkpoint,
)
from chainlog.tree.merkle import EMPTY_ROOT
from chainlog.tree.note import ED25519, NoteSignature, SignedNote, format_note, key_id, parse_note

KEY = SecretKey.from_seed(bytes(range(32)))
OTHER = SecretKey.from_seed(bytes(range(1, 33)))
SIGNER = LocalSigner(KEY)
LOG_ID = record_hash(b"genesis")
ORIGIN = format_origin("draft.town-office", LOG_ID)
ROOT = record_hash(b"root")
HEAD = Checkpoint(ORIGIN, 1_234, ROOT)
ROOT_TEXT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
NOTE = sign_checkpoint(HEAD, signer=SIGNER)


def verified(data, *, origin=ORIGIN, key=KEY, foreign=False):
    return verify_checkpoint(parse_note(data), origin=origin, public_key=key.public_key, verify=verify, foreign=foreign)


def note_of(text, *, name=ORIGIN, key=KEY):
    """A note that is signed well, whatever its text."""
    signature = NoteSignature(name, key_id(name, ED25519, key.public_key), key.sign(text.encode()))
    return format_note(SignedNote(text, (signature,)))


# --- origin -------------------------------------------------------------------------------------


def test_origin():
    assert f"draft.town-office/{LOG_ID.hex()}" == ORIGIN
    assert parse_origin(ORIGIN) == ("draft.town-office", LOG_ID)
    longest = format_origin("a" * 64, LOG_ID)
    assert parse_origin(longest) == ("a" * 64, LOG_ID)


@pytest.mark.parametrize("name", ["", "a" * 65, "A", "a b", "a/b", "a+b", "a\n", "密", "a_b"])
def test_names_of_no_log(name):
    with pytest.raises(FormatError):
        format_origin(name, LOG_ID)
    with pytest.raises(FormatError):
        parse_origin(f"{name}/{LOG_ID.hex()}")


def test_ids_of_no_log():
    for log_id in (b"", LOG_ID[:-1], LOG_ID + b"\0"):
        with pytest.raises(FormatError):
            format_origin("a", log_id)
    for origin in ("a", "a/", f"a/{LOG_ID.hex().upper()}", f"a/{LOG_ID.hex()}\n", f"/{LOG_ID.hex()}", f"a/{'g' * 64}"):
        with pytest.raises(FormatError):
            parse_origin(origin)


# --- text ---------------------------------------------------------------------------------------


def test_text_to_the_character():
    root = bytes.fromhex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
    text = f"example.com/behind-the-sofa\n20852163\n{ROOT_TEXT}\n"
    assert format_checkpoint(Checkpoint("example.com/behind-the-sofa", 20_852_163, root)) == text
    assert parse_checkpoint(text) == Checkpoint("example.com/behind-the-sofa", 20_852_163, root)


def test_round_trip():
    for size in (0, 1, 9, 10, INTEGER_MAX, INTEGER_MAX + 1, TREE_SIZE_MAX):
        for origin in (ORIGIN, "go.sum database tree", "涉密", " "):
            for extensions in ((), ("one",), ("one", "two two")):
                checkpoint = Checkpoint(origin, size, ROOT, extensions)
                text = format_checkpoint(checkpoint)
                assert parse_checkpoint(text, foreign=True) == checkpoint
                if not extensions and 1 <= size <= INTEGER_MAX:
                    assert parse_checkpoint(text) == checkpoint
                else:
                    with pytest.raises(FormatError):
                        parse_checkpoint(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n\n",
        "o",
        "o\n5",
        "o\n5\n",
        f"o\n5\n{ROOT_TEXT}",
        f"o\n5\n{ROOT_TEXT}\n\n",
        f"o\n5\n{ROOT_TEXT}\nmore",
        f"o\n5\n{ROOT_TEXT}\n\nmore\n",
        f"\n5\n{ROOT_TEXT}\n",
        f"\no\n5\n{ROOT_TEXT}\n",
        f"o\n\n5\n{ROOT_TEXT}\n",
        f"o\n\n{ROOT_TEXT}\n",
        f"o\n+5\n{ROOT_TEXT}\n",
        f"o\n-5\n{ROOT_TEXT}\n",
        f"o\n05\n{ROOT_TEXT}\n",
        f"o\n00\n{ROOT_TEXT}\n",
        f"o\n 5\n{ROOT_TEXT}\n",
        f"o\n5 \n{ROOT_TEXT}\n",
        f"o\n1_0\n{ROOT_TEXT}\n",
        f"o\n٣\n{ROOT_TEXT}\n",
        f"o\n9223372036854775808\n{ROOT_TEXT}\n",
        f"o\n{'9' * 5_000}\n{ROOT_TEXT}\n",
        f"o\r\n5\r\n{ROOT_TEXT}\r\n",
        f"o\0\n5\n{ROOT_TEXT}\n",
        f"\ud800\n5\n{ROOT_TEXT}\n",
        f"o\n5\n{ROOT_TEXT} \n",
        f"o\n5\n {ROOT_TEXT}\n",
        f"o\n5\n{ROOT_TEXT[:-1]}\n",
        f"o\n5\n{ROOT_TEXT[:-2]}J=\n",
        f"o\n5\n{ROOT_TEXT[:-4]}\n",
        f"o\n5\n{ROOT_TEXT}{ROOT_TEXT}\n",
        f"o\n5\n{'A' * 44}\n",
        f"o\n5\n{'A' * 42}==\n",
        f"o\n5\n{ROOT.hex()}\n",
    ],
)
def test_texts_refused(text):
    for foreign in (False, True):
        with pytest.raises(FormatError):
            parse_checkpoint(text, foreign=foreign)


def test_text_over_the_limit():
    with pytest.raises(LimitError):
        parse_checkpoint(f"{'o' * NOTE_BYTES_MAX}\n5\n{ROOT_TEXT}\n")


@pytest.mark.parametrize(
    "checkpoint",
    [
        HEAD._replace(origin=""),
        HEAD._replace(origin="a\nb"),
        HEAD._replace(origin="a\tb"),
        HEAD._replace(origin="\ud800"),
        HEAD._replace(size=-1),
        HEAD._replace(size=TREE_SIZE_MAX + 1),
        HEAD._replace(root=b""),
        HEAD._replace(root=ROOT[:-1]),
        HEAD._replace(root=ROOT + b"\0"),
        HEAD._replace(extensions=("",)),
        HEAD._replace(extensions=("a\nb",)),
        HEAD._replace(extensions=("a\r",)),
    ],
)
def test_what_would_not_read_back_is_not_written(checkpoint):
    with pytest.raises(FormatError):
        format_checkpoint(checkpoint)
    with pytest.raises(FormatError):
        sign_checkpoint(checkpoint, signer=SIGNER)


# --- signing and verifying ----------------------------------------------------------------------


def test_sign_and_verify():
    assert note_of(format_checkpoint(HEAD)) == NOTE
    assert verified(NOTE) == HEAD
    check_own_head(NOTE, origin=ORIGIN, size=HEAD.size, root=ROOT, public_key=KEY.public_key, verify=verify)


@pytest.mark.parametrize(
    "changes", [{"extensions": ("more",)}, {"size": 0, "root": EMPTY_ROOT}, {"size": INTEGER_MAX + 1}]
)
def test_what_only_another_log_may_have_is_not_signed(changes):
    with pytest.raises(FormatError):
        sign_checkpoint(HEAD._replace(**changes), signer=SIGNER)
    with pytest.raises(CheckpointError):
        verified(note_of(format_checkpoint(HEAD._replace(**changes))))


def test_our_own_heads_have_no_extensions():
    data = note_of(format_checkpoint(HEAD._replace(extensions=("more",))))
    with pytest.raises(CheckpointError):
        verified(data)
    assert verified(data, foreign=True).extensions == ("more",)


def test_an_origin_that_names_no_key_is_not_signed():
    with pytest.raises(FormatError):
        sign_checkpoint(HEAD._replace(origin="go.sum database tree"), signer=SIGNER)


def test_a_signer_that_gives_something_else_is_a_bug():
    class Broken:
        public_key = KEY.public_key

        def sign_checkpoint(self, text, /):
            return KEY.sign(text.encode())[:-1]

    with pytest.raises(AssertionError):
        sign_checkpoint(HEAD, signer=Broken())


def test_the_origin_is_taken_from_what_is_signed():
    """The same key may serve two logs; the line's key name is not signed and can be rewritten."""
    foreign = format_origin("another", record_hash(b"another"))
    with pytest.raises(CheckpointError):
        verified(note_of(format_checkpoint(HEAD._replace(origin=foreign)), name=ORIGIN))
    with pytest.raises(CheckpointError):
        verified(note_of(format_checkpoint(HEAD), name=foreign))


@pytest.mark.parametrize(
    "text", ["hello\n", f"{ORIGIN}\n07\n{ROOT_TEXT}\n", f"{ORIGIN}\n7\n\n", f"{ORIGIN}\n7\n{ROOT_TEXT}\n\n"]
)
def test_signed_but_no_checkpoint(text):
    with pytest.raises(CheckpointError):
        verified(note_of(text))


def test_an_empty_log_has_the_empty_root():
    empty = note_of(format_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT)))
    assert verified(empty, foreign=True).size == 0
    with pytest.raises(CheckpointError):
        verified(note_of(format_checkpoint(Checkpoint(ORIGIN, 0, ROOT))), foreign=True)


def test_another_key():
    with pytest.raises(CheckpointError):
        verified(NOTE, key=OTHER)
    with pytest.raises(CheckpointError):
        verified(note_of(format_checkpoint(HEAD), key=OTHER))


def own_head(data, *, origin=ORIGIN, size=HEAD.size, root=ROOT, key=KEY):
    check_own_head(data, origin=origin, size=size, root=root, public_key=key.public_key, verify=verify)


def test_own_head_of_another_state():
    for other in (
        {"origin": format_origin("draft.town-office", ROOT)},
        {"size": HEAD.size + 1},
        {"root": LOG_ID},
        {"key": OTHER},
    ):
        with pytest.raises(CheckpointError):
            own_head(NOTE, **other)
    for data in (b"", b"\n", NOTE + b"\n", b"\n" + NOTE, NOTE * 2, note_of(format_checkpoint(HEAD), key=OTHER)):
        with pytest.raises(CheckpointError):
            own_head(data)


def test_own_head_with_a_further_signature():
    note = parse_note(NOTE)
    more = format_note(SignedNote(note.text, (*note.signatures, NoteSignature("witness", b"1234", bytes(72)))))
    assert verified(more) == HEAD
    with pytest.raises(CheckpointError):
        own_head(more)


def test_own_head_with_a_signature_of_another_length():
    """67 and 69 bytes make 92 characters of base64 too."""
    line = parse_note(NOTE).signatures[0]
    for signature in (line.signature[:-1], line.signature + b"\0"):
        data = format_note(SignedNote(format_checkpoint(HEAD), (line._replace(signature=signature),)))
        assert len(data) == len(NOTE)
        with pytest.raises(CheckpointError):
            check_own_head(
                data,
                origin=ORIGIN,
                size=HEAD.size,
                root=ROOT,
                public_key=KEY.public_key,
                verify=lambda key, message, signature: None,
            )


def test_every_changed_bit_and_cut_is_refused():
    damaged = [NOTE[:stop] for stop in range(len(NOTE))] + [NOTE[start:] for start in range(1, len(NOTE))]
    for position in range(len(NOTE)):
        for bit in range(8):
            damaged.append(NOTE[:position] + bytes((NOTE[position] ^ 1 << bit,)) + NOTE[position + 1 :])
    for data in damaged:
        with pytest.raises(CheckpointError):
            own_head(data)
        with pytest.raises((FormatError, CheckpointError)):
            verified(data)


def test_errors_show_what_is_wrong():
    with pytest.raises(ChainlogError, match="another") as caught:
        verified(note_of(format_checkpoint(HEAD._replace(origin="another")), name=ORIGIN))
    assert ORIGIN in caught.value.text("zh")

"""Notes, keys and checkpoints against Go's sumdb: signed here and opened there, the other way round, and refused alike."""

from __future__ import annotations

import random
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import pytest

from chainlog.errors import ChainlogError, FormatError, SignatureError
from chainlog.limits import INTEGER_MAX, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX
from chainlog.log.head import decode_head
from chainlog.record.keys import verify
from chainlog.tree.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint, sign_checkpoint, verify_checkpoint
from chainlog.tree.cosignature import verify_cosignature
from chainlog.tree.merkle import EMPTY_ROOT
from chainlog.tree.note import (
    COSIGNATURE,
    ED25519,
    NoteSignature,
    SignedNote,
    VerifierKey,
    format_note,
    format_vkey,
    key_id,
    parse_note,
    parse_vkey,
    require_key_name,
    verify_note,
)
from tests.builders import small_log
from tests.interop.asking import Program
from tests.signers import secret, signer
from tests.witnesses import cosigned_note, witness

NAME = "example.org/log"
TEXT = "第一行\n\n— no.signature AAAAAAAA\nlast line\n"
ORIGIN = f"draft.tree/{'ab' * 32}"
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
ODD_NAMES = [
    "a", "-", "—", "=", "#", "'", '"', "\\", "a/b?c=d&e", "日志.example/卷宗", "PRIVATE", "x" * 1_000, "\x7f", "\x80",
    "\u00ad", "\u0301", "\u180e", "\u200b", "\u200d", "\u2060", "\ufeff", "\ufffd", "\U0001f600", "\U000e0020",
    "a\u200fb", "\u00bd",
]  # fmt: skip


class Opened(NamedTuple):
    """What a reader of a note says of it: signatures as (name, key id in hexadecimal)."""

    text: str
    verified: set[tuple[str, str]]
    unknown: set[tuple[str, str]]


def vkey(name: str, key: str = "log") -> str:
    return format_vkey(VerifierKey(name, ED25519, secret(key).public_key))


def line(name: str, key: str, text: str = TEXT) -> NoteSignature:
    return NoteSignature(name, key_id(name, ED25519, secret(key).public_key), secret(key).sign(text.encode()))


def signed(*lines: NoteSignature, text: str = TEXT) -> bytes:
    return format_note(SignedNote(text, lines))


def seed(key: str) -> bytes:
    """What `tests.signers` makes the key from."""
    return sha256(key.encode()).digest()


def opened_here(data: bytes, vkeys: Sequence[str]) -> Opened:
    note = parse_note(data)
    known = {(key.name, key_id(*key)): key for key in map(parse_vkey, vkeys)}
    named = {(one.name, one.key_id) for one in note.signatures}
    if not named & known.keys():
        raise SignatureError
    for one in named & known.keys():
        key = known[one]
        if key.signature_type == COSIGNATURE:
            verify_cosignature(note, key=key, verify=verify)
        else:
            assert note.text == verify_note(note, name=key.name, public_key=key.public_key, verify=verify)
    verified, unknown = (
        {(name, identifier.hex()) for name, identifier in some} for some in (named & known.keys(), named - known.keys())
    )
    return Opened(note.text, verified, unknown)


def opened_there(answer: dict[str, Any]) -> Opened | None:
    if "error" in answer:
        return None
    verified, unknown = (
        {(one["name"], one["key_id"]) for one in answer.get(which, [])} for which in ("verified", "unknown")
    )
    return Opened(answer["text"], verified, unknown)


def open_both(
    sumdb: Program, notes: Sequence[bytes], vkeys: Sequence[str], *, stricter: Callable[[bytes], bool] = lambda _: False
) -> list[Opened | None]:
    """What Go says of each note: the same as ours, but for those that ours refuses because they are *stricter*."""
    found = [opened_there(answer) for answer in sumdb.ask({"do": "open", "note": n, "keys": vkeys} for n in notes)]
    for data, there in zip(notes, found, strict=True):
        try:
            here = opened_here(data, vkeys)
        except ChainlogError:
            here = None
        if here is None and there is not None:
            assert stricter(data), data
        else:
            assert here == there, data
    return found


# --- signed here, opened there ------------------------------------------------------------------


def test_ours_are_opened(sumdb):
    own = (NAME, key_id(NAME, ED25519, secret("log").public_key).hex())
    other = line("other.example", "other")
    for text in (TEXT, "\n", "a\n", "\n\n\n", "\ufeffa\u2028b\x85c\x7f\n", "é\u0301\U0001f600\n"):
        for note in (
            signed(line(NAME, "log", text), text=text),
            signed(other, line(NAME, "log", text), other, text=text),
        ):
            assert [(one.text, one.verified) for one in open_both(sumdb, [note], [vkey(NAME)])] == [(text, {own})]


def test_a_wrong_key_is_refused(sumdb):
    note = signed(line(NAME, "log"))
    assert open_both(sumdb, [note], [vkey(NAME, "other")]) == [None]
    assert open_both(sumdb, [note], [vkey("another.example")]) == [None]
    assert open_both(sumdb, [note], [vkey(NAME), vkey(NAME, "other")]) != [None]
    forged = signed(line(NAME, "log")._replace(signature=secret("other").sign(TEXT.encode())))
    assert open_both(sumdb, [forged], [vkey(NAME)]) == [None]


def test_the_head_of_a_log_is_opened(sumdb):
    log = small_log()
    with log.store.snapshot() as snapshot:
        head = decode_head(snapshot.head)
    origin = log.handle.origin
    (found,) = open_both(sumdb, [head.checkpoint], [vkey(origin)])
    assert found.text.split("\n")[:2] == [origin, str(head.size)]
    assert open_both(sumdb, [head.checkpoint], [vkey(origin, "other")]) == [None]


# --- signed there, opened here ------------------------------------------------------------------


def test_names(sumdb):
    """Each is signed there and here, to the byte alike, and is one key in one form."""
    asked = [{"do": "sign", "text": TEXT, "signers": [{"name": name, "seed": seed("log")}]} for name in ODD_NAMES]
    for name, answer in zip(ODD_NAMES, sumdb.ask(asked), strict=True):
        note = b64decode(answer["note"])
        assert note == signed(line(name, "log"))
        assert answer["keys"] == [vkey(name)]
        assert parse_vkey(answer["keys"][0]) == VerifierKey(name, ED25519, secret("log").public_key)
        assert open_both(sumdb, [note], [vkey(name)]) != [None]


def test_what_is_white_space_in_a_name(sumdb):
    stop = 0x20000
    refused = []
    for point in range(0x20, stop):
        try:
            require_key_name(f"a{chr(point)}b", path="name")
        except FormatError:
            refused.append(point)
    (answer,) = sumdb.ask([{"do": "names", "size": stop}])
    assert answer["points"] == [point for point in refused if not 0xD800 <= point < 0xE000]


def test_several_signatures(sumdb):
    names = [NAME, "two.example", "三.example", "four.example"]
    signers = [{"name": name, "seed": seed(name)} for name in names]
    (answer,) = sumdb.ask([{"do": "sign", "text": TEXT, "signers": signers}])
    note = b64decode(answer["note"])
    assert note == signed(*(line(name, name) for name in names))
    for known in ([0], [3], [1, 2], [0, 1, 2, 3]):
        (found,) = open_both(sumdb, [note], [answer["keys"][i] for i in known])
        assert {name for name, _ in found.verified} == {names[i] for i in known}
        assert len(found.unknown) == 4 - len(known)
    assert open_both(sumdb, [note], []) == [None]
    # One bad line of a known key refuses the note, one of an unknown key doesn't.
    bad = signed(*(line(name, name) for name in names[:3]), line(names[3], names[3], "another\n"))
    assert open_both(sumdb, [bad], answer["keys"]) == [None]
    assert open_both(sumdb, [bad], answer["keys"][:3]) != [None]


def test_the_most_signatures(sumdb):
    for count, good in ((NOTE_SIGNATURES_MAX, True), (NOTE_SIGNATURES_MAX + 1, False)):
        lines = signed(line(NAME, "log")).split(b"\n\n")
        note = b"\n\n".join([*lines[:-1], lines[-1] + b"\xe2\x80\x94 other.example AAAAAAA=\n" * (count - 1)])
        assert (open_both(sumdb, [note], [vkey(NAME)]) != [None]) == good


# --- checkpoints --------------------------------------------------------------------------------


def test_checkpoints(sumdb):
    """Go's own description of a tree has the layout of ours. A log signs no more records than its integers can count."""
    root = sha256(b"root").digest()
    for size in (0, 1, 255, 70_000, INTEGER_MAX, INTEGER_MAX + 1, 2**63 - 1):
        stated, theirs = Checkpoint(ORIGIN, size, root), Checkpoint("go.sum database tree", size, root)
        text = format_checkpoint(stated)
        described, answer = sumdb.ask(
            [
                {"do": "format_tree", "size": size, "root": root},
                {"do": "sign", "text": text, "signers": [{"name": ORIGIN, "seed": seed("log")}]},
            ]
        )
        assert format_checkpoint(theirs) == described["text"]
        assert parse_checkpoint(described["text"], foreign=True) == theirs
        if size == 0:
            continue
        note = b64decode(answer["note"])
        if size <= INTEGER_MAX:
            assert sign_checkpoint(stated, signer=signer("log")) == note
        read = verify_checkpoint(
            parse_note(note), origin=ORIGIN, public_key=signer("log").public_key, verify=verify, foreign=True
        )
        assert read == stated


def test_the_empty_tree_has_one_root(sumdb):
    """Go signs and reads any; here a checkpoint of nothing must state the root of nothing."""
    for root, good in ((EMPTY_ROOT, True), (bytes(32), False)):
        text = format_checkpoint(Checkpoint(ORIGIN, 0, root))
        (answer,) = sumdb.ask([{"do": "sign", "text": text, "signers": [{"name": ORIGIN, "seed": seed("log")}]}])
        assert opened_here(b64decode(answer["note"]), answer["keys"]).text == text
        arguments = {"origin": ORIGIN, "public_key": signer("log").public_key, "verify": verify, "foreign": True}
        note = parse_note(b64decode(answer["note"]))
        if good:
            assert verify_checkpoint(note, **arguments).size == 0
        else:
            with pytest.raises(ChainlogError, match="root of something"):
                verify_checkpoint(note, **arguments)


def tree_texts() -> Iterator[str]:
    """A description of a tree, and what becomes of it by small changes in its second and third line."""
    origin, size, root = "go.sum database tree", "1234", b64encode(sha256(b"").digest()).decode()
    for other in (
        "0", "1", "", "-1", "-0", "+5", "05", "00", " 5", "5 ", "5\r", "1_000", "0x5", "5.0", "1e3", "\u0665", "５",
        str(2**63 - 1), str(2**63), str(2**64 + 5), "9" * 4_500,
    ):  # fmt: skip
        yield f"{origin}\n{other}\n{root}\n"
    for other in ("", root[:-1], root[:-4], f"{root}=", f" {root}", f"{root} ", root.replace("=", ""), f"AAAA{root}",
                  b64encode(bytes(31)).decode(), b64encode(bytes(33)).decode(), root.lower(), bytes(32).hex(),
                  b64encode(b"\xfb\xff" * 16).decode().replace("+", "-").replace("/", "_"), root[:20] + "\r" + root[20:],
                  root.replace("U=", "V=")):  # fmt: skip
        yield f"{origin}\n{size}\n{other}\n"
    sound = f"{origin}\n{size}\n{root}\n"
    assert root.endswith("U=")
    for place in range(len(origin) + 1, len(sound)):
        yield from (sound[:place] + chr(ord(sound[place]) ^ 1 << bit) + sound[place + 1 :] for bit in range(7))
        yield sound[:place] + sound[place + 1 :]
    yield from (sound, f"{origin}\n{root}\n{size}\n", f"{origin}\n{size}\n{root}")


def test_descriptions_of_trees(sumdb):
    """Go takes base64 with spare bits set or carriage returns inside; here a root has one form."""
    texts = list(tree_texts())
    agreed = set()
    for text, answer in zip(texts, sumdb.ask({"do": "parse_tree", "text": text} for text in texts), strict=True):
        there = None if "error" in answer else (answer.get("size", 0), b64decode(answer["hash"]))
        try:
            read = parse_checkpoint(text, foreign=True)
            here = (read.size, read.root)
        except ChainlogError:
            here = None
        if here is None and there is not None:
            assert text.split("\n")[2] != b64encode(there[1]).decode(), text
        else:
            assert here == there, text
            agreed.add(here)
    assert len(agreed) > 200


def test_cosigned_checkpoints(sumdb):
    """A witness in Go and one of ours write the same line, both verify it, and further lines of others are carried."""
    stated = Checkpoint(ORIGIN, 7, sha256(b"root").digest())
    bare = sign_checkpoint(stated, signer=signer("log"))
    for time_s in (1, 1_767_225_600, 2**63 - 1):
        witnessing = {"name": "w.example", "seed": seed("witness w.example"), "time": time_s}
        another = {"name": "auditor.example", "seed": seed("auditor")}
        once, both = sumdb.ask(
            {"do": "sign", "note": bare, "signers": signers} for signers in ([witnessing], [witnessing, another])
        )
        note = cosigned_note(bare, "w.example", time_s=time_s)
        assert note == b64decode(once["note"])
        assert once["keys"] == [format_vkey(witness("w.example"))]
        note = b64decode(both["note"])
        assert verify_cosignature(parse_note(note), key=witness("w.example"), verify=verify) == time_s
        checked = verify_checkpoint(
            parse_note(note), origin=ORIGIN, public_key=signer("log").public_key, verify=verify
        )  # fmt: skip
        assert checked == stated
        for keys, verified in (
            ([vkey(ORIGIN)], 1), (once["keys"], 1), ([vkey(ORIGIN), *once["keys"]], 2), ([vkey(ORIGIN), *both["keys"]], 3)
        ):  # fmt: skip
            (found,) = open_both(sumdb, [note], keys)
            assert (len(found.verified), len(found.unknown)) == (verified, 3 - verified)
        lines = parse_note(note)
        for data in (bytes(72), lines.signatures[1].signature[:-1], (2).to_bytes(8, "big") + bytes(64)):
            changed = format_note(
                SignedNote(lines.text, (lines.signatures[0], lines.signatures[1]._replace(signature=data)))
            )
            assert open_both(sumdb, [changed], [vkey(ORIGIN), *once["keys"]]) == [None]
            assert open_both(sumdb, [changed], [vkey(ORIGIN)]) != [None]


# --- refused alike ------------------------------------------------------------------------------


def malformed() -> list[bytes]:
    good = signed(line(NAME, "log"))
    text, _, rest = good.decode().rpartition("\n\n")
    signature = rest.split(" ")[-1].strip()

    def with_line(other: str) -> bytes:
        # The good line stands beside it, so that nothing else is wrong.
        return f"{text}\n\n{rest}{other}".encode()

    return [
        b"", b"\n", b"\n\n", b"text", TEXT.encode(), f"{text}\n\n".encode(), f"{text}\n\n\n".encode(),
        f"{text}\n{rest}".encode(), f"{text}{rest}".encode(), good[:-1], good + b"\n", good + b"\n\n", good + b" ",
        good.replace(b"\n", b"\r\n"), b"\xff" + good, b"\xed\xa0\x80" + good, b"\xc0\x8a" + good,
        b"\xf4\x90\x80\x80" + good, good.decode().encode("utf-16"), b"\0" + good, b"\t" + good, b"\x1b" + good, b"\x0b" + good,
        with_line("more\n"), with_line("\n"), with_line(" \n"), with_line("—\n"), with_line("— \n"),
        with_line("— name\n"), with_line("— name \n"), with_line(f"— {signature}\n"), with_line(f"—  {signature}\n"),
        with_line(f"-- name {signature}\n"), with_line(f"– name {signature}\n"), with_line(f"—name {signature}\n"),
        with_line(f"—  name {signature}\n"), with_line(f" — name {signature}\n"), with_line(f"— na me {signature}\n"),
        with_line(f"— na+me {signature}\n"), with_line(f"— + {signature}\n"), with_line(f"— na\u3000me {signature}\n"),
        with_line(f"— na\u0085me {signature}\n"), with_line(f"— na\u00a0me {signature}\n"),
        with_line(f"— name {signature} \n"), with_line(f"— name  {signature}\n"), with_line(f"— name {signature} x\n"),
        with_line(f"— name {signature}"), with_line(f"— name {signature}\r\n"), with_line(f"— name {signature}=\n"),
        with_line(f"— name {signature}{signature}\n"), with_line(f"— name {signature[:-1]}\n"),
        with_line(f"— name {signature[1:]}\n"), with_line("— name AAAA\n"), with_line("— name AAAAAA==\n"),
        with_line("— name AAAAAAA\n"), with_line("— name AAAA=AAA\n"), with_line("— name =\n"), with_line("— name ====\n"),
        with_line("— name AAAAAA-_\n"), with_line("— name AAA AAAA\n"), with_line("— name AAAAAAＡ=\n"),
    ]  # fmt: skip


def test_malformed_notes(sumdb):
    notes = malformed()
    assert open_both(sumdb, [signed(line(NAME, "log"))], [vkey(NAME)]) != [None]
    assert open_both(sumdb, notes, [vkey(NAME)]) == [None] * len(notes)


def has_spare_bits(data: bytes) -> bool:
    """Whether a signature line's base64 isn't what its bytes are written as."""
    written = [one.rsplit(b" ", 1)[-1] for one in data[data.rindex(b"\n\n") + 2 : -1].split(b"\n")]
    return any(b64encode(b64decode(one)) != one for one in written)


def changed(data: bytes, flips: Sequence[int]) -> Iterator[bytes]:
    for place in range(len(data)):
        before, after = data[:place], data[place + 1 :]
        yield from (before + bytes((data[place] ^ flip,)) + after for flip in flips)
        yield from (before, before + after, data[:place] + data[place : place + 1] * 2 + after)


def test_every_change_of_a_note_is_judged_alike(sumdb):
    """Of one signature, then of several with and without known keys: there much may change, in the lines of others."""
    one = signed(line(NAME, "log", "two\nlines\n"), text="two\nlines\n")
    found = open_both(sumdb, list(changed(one, [1 << bit for bit in range(8)])), [vkey(NAME)], stricter=has_spare_bits)
    assert {None, "two\nlines\n"} == {opened and opened.text for opened in found}
    several = cosigned_note(signed(line(NAME, "log"), line("他.example", "other")), "w.example")
    keys = [vkey(NAME), format_vkey(witness("w.example"))]
    found = open_both(sumdb, list(changed(several, [1, 4, 32])), keys, stricter=has_spare_bits)
    assert {opened.text for opened in found if opened is not None} == {TEXT}
    assert len({frozenset(opened.unknown) for opened in found if opened is not None}) > 50
    assert found.count(None) > len(found) // 2


def test_notes_of_random_pieces(sumdb):
    choose = random.Random(7)
    good, other = line(NAME, "log"), line("other.example", "other")
    lines = [signed(one).decode().rpartition("\n\n")[2] for one in (good, other)]
    pieces = [*lines * 4, TEXT, TEXT, "\n", "\n", "\n\n", "— ", " ", "+", "=", "text", "\u3000", "\x85", "\r", "\0", "é",
              f"— {NAME} ", "AAAAAAA=", "— x AAAAAAA=\n", "— x AAAAAAB=\n"]  # fmt: skip
    notes = []
    for _ in range(2_500):
        middle = "".join(choose.choices(pieces, k=choose.randrange(4)))
        start = choose.choice([TEXT, "".join(choose.choices(pieces, k=2))])
        notes.append(f"{start}\n{middle}{choose.choice(lines)}".encode())
    found = open_both(sumdb, notes, [vkey(NAME)], stricter=has_spare_bits)
    assert 250 < sum(opened is not None for opened in found) < 2_250


# --- stricter here, each for a reason -------------------------------------------------------------


def identity_key(encoded: bytes) -> tuple[VerifierKey, bytes]:
    """A key of the point of order 1 in some encoding, and what nobody had to know a secret for to sign anything with it."""
    return VerifierKey("weak.example", ED25519, encoded), b"\x01" + bytes(63)


WEAK = {
    "canonical": b"\x01" + bytes(31),
    "not canonical": (2**255 - 18).to_bytes(32, "little"),
}


@pytest.mark.parametrize("encoding", WEAK)
def test_stricter_with_keys_that_anybody_can_sign_for(sumdb, encoding):
    key, forged = identity_key(WEAK[encoding])
    note = signed(NoteSignature(key.name, key_id(*key), forged))
    assert opened_there(sumdb.ask([{"do": "open", "note": note, "keys": [format_vkey(key)]}])[0]) is not None
    with pytest.raises(SignatureError):
        opened_here(note, [format_vkey(key)])


def test_stricter_with_a_bad_signature_behind_a_good_one(sumdb):
    """Go looks at the first line of a key alone, so what stands behind it is never seen."""
    good = line(NAME, "log")
    bad = good._replace(signature=bytes(64))
    assert open_both(sumdb, [signed(bad, good)], [vkey(NAME)]) == [None]
    assert open_both(sumdb, [signed(good, good)], [vkey(NAME)]) != [None]
    hidden = signed(good, bad)
    assert open_both(sumdb, [hidden], [vkey(NAME)], stricter=lambda data: data == hidden) != [None]
    with pytest.raises(SignatureError):
        opened_here(hidden, [vkey(NAME)])


def test_stricter_with_base64(sumdb):
    """Each signature has one form, so that one note has one."""
    note = signed(line(NAME, "log"))
    assert note.endswith(b"=\n")
    last = BASE64.index(note[-3])
    others = [note[:-3] + bytes((BASE64[last ^ spare],)) + b"=\n" for spare in (1, 2, 3)]
    assert None not in open_both(sumdb, others, [vkey(NAME)], stricter=has_spare_bits)
    for other in others:
        with pytest.raises(FormatError):
            opened_here(other, [vkey(NAME)])


def test_stricter_with_length(sumdb):
    """What a checkpoint file may bring into memory is bounded."""
    text = "x" * NOTE_BYTES_MAX + "\n"
    note = f"{text}\n".encode() + signed(line(NAME, "log", text), text="\n")[2:]
    found = open_both(sumdb, [note], [vkey(NAME)], stricter=lambda data: len(data) > NOTE_BYTES_MAX)
    assert found != [None]
    with pytest.raises(FormatError):
        opened_here(note, [vkey(NAME)])


# --- keys ---------------------------------------------------------------------------------------


def made_vkey(name: str, data: bytes) -> str:
    identifier = sha256(name.encode() + b"\n" + data).digest()[:4].hex()
    return f"{name}+{identifier}+{b64encode(data).decode()}"


def test_keys_are_judged_alike(sumdb):
    public_key = secret("log").public_key
    good = vkey(NAME)
    assert good == made_vkey(NAME, b"\x01" + public_key)
    refused = [
        *changed(good.encode("latin-1"), [1, 2, 4, 8, 16, 64]),
        *(made_vkey(NAME, data).encode() for data in (b"", b"\x01", b"\x02" + public_key, b"\x01" + public_key[:-1])),
        *(made_vkey(NAME, data).encode() for data in (b"\x01" + public_key + b"\0", public_key)),
        *(made_vkey(name, b"\x01" + public_key).encode() for name in ("", "a b", "a\u3000", "a+b", "\t")),
        *(one.encode() for one in ("", "+", "++", f"{good}+", f"{good}=", f" {good}", f"{good} ", f"+{good}")),
    ]
    for data in refused:
        with pytest.raises(FormatError):
            parse_vkey(data.decode())
    assert None not in sumdb.refusals({"do": "key", "text": data.decode()} for data in refused)


def test_keys_that_one_of_both_reads(sumdb):
    public_key = secret("log").public_key
    good = vkey(NAME)
    name, identifier, key = good.split("+", 2)
    stricter = {
        "the key id has one form": f"{name}+{identifier.upper()}+{key}",
        "nothing stands after the key": f"{good}\n",
        "nothing stands inside the key": f"{good[:-10]}\r\n{good[-10:]}",
        "no note can carry the name": made_vkey("a\x01b", b"\x01" + public_key),
    }
    assert identifier.upper() != identifier
    for text in stricter.values():
        with pytest.raises(FormatError):
            parse_vkey(text)
    assert sumdb.refusals({"do": "key", "text": text} for text in stricter.values()) == [None] * len(stricter)
    # A witness's key, which sumdb leaves to whoever uses it.
    cosigner = format_vkey(witness("w.example"))
    assert parse_vkey(cosigner).signature_type == COSIGNATURE
    assert sumdb.refusals([{"do": "key", "text": cosigner}]) == ["unknown verifier algorithm"]

"""Any bytes to the parsers of the tree room: refused with an error of the format, or read so that writing gives them back."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import example, given
from hypothesis import strategies as st

from chainlog.errors import FormatError
from chainlog.tree.checkpoint import format_checkpoint, format_origin, parse_checkpoint, parse_origin
from chainlog.tree.merkle import Frontier
from chainlog.tree.note import format_note, format_vkey, parse_note, parse_vkey
from chainlog.tree.text import format_base64, parse_base64, parse_decimal

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

# Near misses are what finds holes: pieces of the real thing in any order, and a little of everything else.
PIECES = st.sampled_from([
    "\n", "\n\n", "— ", "—", "-- ", " ", "+", "=", "==", "example.org/log", "密", "0", "7", "07", "+5", "1_0", "٣", "2147483648",
    ROOT, ROOT[:-1], ROOT[:-2] + "J=", "Uw2QOkn8srU=", "Uw2QOkn8srV=", "QQ==", "QR==", "\r", "\0", "\u0085", "\u2028", "\u3000", "\ud800",
    "530d903a", "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "a/" + "0" * 64,
])  # fmt: skip
CHARACTERS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x24F), max_size=8)
TEXTS = st.lists(PIECES | CHARACTERS, max_size=14).map("".join)
NAMES = st.sampled_from(["example.org/log", "密"]) | CHARACTERS
CHECKPOINTS = st.builds(
    "{}\n{}\n{}\n{}".format,
    NAMES,
    st.integers(-2, 2**64).map(str) | PIECES,
    st.just(ROOT) | PIECES,
    st.lists(CHARACTERS.map("{}\n".format) | PIECES, max_size=3).map("".join),
)
BASE64 = st.binary(min_size=3, max_size=80).map(format_base64) | PIECES
LINES = st.builds("— {} {}\n".format, NAMES, BASE64)
NOTES = st.builds(
    "{}\n\n{}".format,
    TEXTS | CHECKPOINTS,
    st.lists(LINES, max_size=3).map("".join) | st.lists(LINES | PIECES).map("".join),
)
KEY_DATA = st.tuples(st.sampled_from([1, 4, 2]), st.binary(min_size=32, max_size=32))


def vkey_text(name, data, identifier):
    """A vkey whose id is right unless another is given."""
    key = bytes((data[0],)) + data[1]
    identifier = identifier or sha256(name.encode("utf-8", "surrogatepass") + b"\n" + key).hexdigest()[:8]
    return f"{name}+{identifier}+{format_base64(key)}"


VKEYS = st.builds(vkey_text, NAMES, KEY_DATA, st.just("") | st.just("530d903a"))
ORIGINS = st.builds(
    "{}/{}".format,
    st.from_regex(r"[a-z0-9.-]{1,66}", fullmatch=True) | CHARACTERS,
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
)


@given(st.binary(max_size=200) | (NOTES | TEXTS).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example("text\n\n— name Uw2QOkn8srU=\n".encode())
def test_notes(data):
    try:
        note = parse_note(data)
    except FormatError:
        return
    assert format_note(note) == data


@given(CHECKPOINTS | TEXTS, st.booleans())
@example(f"o\n5\n{ROOT}\n", False)
@example(f"o\n5\n{ROOT}\nmore\n", True)
def test_checkpoints(text, foreign):
    try:
        checkpoint = parse_checkpoint(text, foreign=foreign)
    except FormatError:
        return
    assert format_checkpoint(checkpoint) == text
    assert foreign or (not checkpoint.extensions and 0 < checkpoint.size < 2**53)


@given(VKEYS | TEXTS)
@example("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
def test_vkeys(text):
    try:
        key = parse_vkey(text)
    except FormatError:
        return
    assert format_vkey(key) == text


@given(ORIGINS | TEXTS)
@example("a/" + "0" * 64)
def test_origins(text):
    try:
        name, log_id = parse_origin(text)
    except FormatError:
        return
    assert format_origin(name, log_id) == text


@given(PIECES | CHARACTERS | st.integers(-2, 200).map(str), st.integers(0, 100))
def test_decimals(text, maximum):
    try:
        value = parse_decimal(text, maximum=maximum, path="x")
    except FormatError:
        assert text not in map(str, range(maximum + 1))
    else:
        assert str(value) == text
        assert value <= maximum


@given(TEXTS | st.binary(max_size=9).map(format_base64))
def test_base64(text):
    try:
        data = parse_base64(text, path="x")
    except FormatError:
        return
    assert format_base64(data) == text


@given(st.integers(-2, 9) | st.integers(), st.integers(0, 4).map(lambda n: 32 * n) | st.integers(0, 100))
def test_frontiers(size, length):
    data = bytes(i % 256 for i in range(length))
    try:
        frontier = Frontier.decode(size, data)
    except FormatError:
        return
    assert (frontier.size, frontier.encode()) == (size, data)

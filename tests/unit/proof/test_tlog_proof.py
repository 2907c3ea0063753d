from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.errors import FormatError, LimitError
from chainlog.limits import RECEIPT_BYTES_MAX
from chainlog.proof.tlog_proof import TlogProof, format_tlog_proof, parse_tlog_proof

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "checkpoint-and-proof" / "checkpoint_proof.json"
GOOD = TlogProof(5, (bytes(32), bytes(range(32))), b"some checkpoint\n", b"record")


@pytest.mark.skipif(not VECTORS.is_file(), reason="the published vectors lie beside the project, not in it")
def test_published_proofs():
    vectors = json.loads(VECTORS.read_text("utf-8"))
    for case in vectors["tlog_proof_marshal"]:
        path = tuple(sha256(text.encode()).digest() for text in case["hashes_of"])
        extra = case["extra"].encode() if "extra" in case else None
        proof = TlogProof(case["index"], path, case["checkpoint"].encode(), extra)
        assert format_tlog_proof(proof) == case["want"].encode()
        assert parse_tlog_proof(case["want"].encode()) == proof
    for text in vectors["tlog_proof_reject"]:
        with pytest.raises(FormatError):
            parse_tlog_proof(text.encode())


def test_the_layout():
    assert format_tlog_proof(GOOD) == (
        b"c2sp.org/tlog-proof@v1\nextra cmVjb3Jk\nindex 5\n"
        b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\nsome checkpoint\n"
    )


WHOLE = format_tlog_proof(GOOD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"),
        (b"index 5", b"index 05"),
        (b"index 5", b"index +5"),
        (b"index 5", b"index  5"),
        (b"index 5", b"index 5 "),
        (b"index 5", b"Index 5"),
        (b"index 5", b"index 9223372036854775808"),
        (b"index 5\n", b""),
        (b"index 5\n", b"index 5\nindex 5\n"),
        (b"extra cmVjb3Jk\n", b"extra \n"),
        (b"extra cmVjb3Jk\n", b"extra cmVjb3Jl=\n"),
        (b"extra cmVjb3Jk\n", b"extra cmVjb3Jk\nextra cmVjb3Jk\n"),
        (b"extra cmVjb3Jk\nindex 5\n", b"index 5\nextra cmVjb3Jk\n"),
        (b"Hh8=", b"Hh9="),
        (b"Hh8=", b"Hg=="),
        (b"Hh8=", b"Hh8= "),
        (b"Hh8=", b"Hh8=\r"),
        (b"Hh8=\n\n", b"Hh8=\n"),
        (b"some checkpoint\n", b""),
        (b"AAEC", "Ａ".encode()),
    ],
)
def test_other_texts_are_refused(old, new):
    changed = WHOLE.replace(old, new, 1)
    assert changed != WHOLE
    with pytest.raises(FormatError):
        parse_tlog_proof(changed)


def test_limits():
    with pytest.raises(LimitError):
        parse_tlog_proof(WHOLE + bytes(RECEIPT_BYTES_MAX))
    longest = TlogProof(5, (bytes(32),) * 63, b"c\n")
    assert parse_tlog_proof(format_tlog_proof(longest)) == longest
    with pytest.raises(LimitError):
        format_tlog_proof(TlogProof(5, (bytes(32),) * 64, b"c\n"))
    for bad in (
        TlogProof(-1, (), b"c"),
        TlogProof(0, (b"",), b"c"),
        TlogProof(0, (), b""),
        TlogProof(0, (), b"c", b""),
    ):
        with pytest.raises(FormatError):
            format_tlog_proof(bad)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode), st.integers(0, len(WHOLE)))
def test_what_is_read_is_written_the_same(noise, place):
    for data in (noise, WHOLE[:place] + noise + WHOLE[place:], WHOLE[:place] + noise):
        try:
            proof = parse_tlog_proof(data)
        except FormatError:
            continue
        assert format_tlog_proof(proof) == data

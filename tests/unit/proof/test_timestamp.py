from __future__ import annotations

import hashlib
import re
import sys
import time

import pytest

from chainlog.errors import ChainlogError, FormatError, LimitError, MissingExtraError, TimestampError
from chainlog.limits import TIMESTAMP_BYTES_MAX
from chainlog.proof.timestamp import (
    Authorities,
    read_authorities,
    read_imprint,
    timestamp_request,
    verify_timestamp,
)
from tests.authority import Authority
from tests.exports import ORIGIN
from tests.profile import DEEP

pytest.importorskip("rfc3161_client", reason="the extra `timestamp` is not installed")

TEXT = f"{ORIGIN}\n5\n{'A' * 43}=\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "a")


@pytest.fixture(scope="module")
def answer(authority) -> bytes:
    return authority.answer(timestamp_request(TEXT))


def trusted(*authorities: Authority) -> Authorities:
    return read_authorities([(str(a.certificate), a.certificate.read_bytes()) for a in authorities])


def test_a_request_is_what_openssl_reads(authority):
    said = authority.read_request(timestamp_request(TEXT))
    hexdump = "".join(re.findall(r"^ +[0-9a-f]{4} - ([0-9a-f -]{47})", said, re.MULTILINE))
    assert re.sub("[^0-9a-f]", "", hexdump) == hashlib.sha256(TEXT.encode()).hexdigest()
    assert "Hash Algorithm: sha256" in said
    assert "Certificate required: yes" in said
    assert "Nonce: 0x" in said
    assert timestamp_request(TEXT) != timestamp_request(TEXT)


def test_an_answer_verifies_here_and_with_openssl(authority, answer):
    assert authority.accepts(answer, TEXT.encode())
    stamp = verify_timestamp(answer, TEXT, trusted(authority), name="x")
    assert abs(stamp.time_us / 1_000_000 - time.time()) < 600
    assert (stamp.accuracy_us, stamp.authority) == (1_500_000, "CN=Clock")
    assert read_imprint(answer, name="x").is_of(TEXT)


def test_an_authority_may_say_neither_its_name_nor_how_exact_it_is(tmp_path):
    terse = Authority(tmp_path / "terse", terse=True)
    stamp = verify_timestamp(terse.answer(timestamp_request(TEXT)), TEXT, trusted(terse), name="x")
    assert (stamp.accuracy_us, stamp.authority) == (None, "")


def test_sha_512_is_taken_and_other_hashes_are_not(authority):
    other = authority.answer(authority.request_for(TEXT.encode(), algorithm="sha512"))
    assert read_imprint(other, name="x").algorithm == "sha512"
    assert verify_timestamp(other, TEXT, trusted(authority), name="x").authority == "CN=Clock"
    # The authority refuses what it doesn't know.
    refused = authority.answer(authority.request_for(TEXT.encode(), algorithm="sha1"))
    with pytest.raises(TimestampError, match="refused"):
        read_imprint(refused, name="x")


def test_of_another_checkpoint(authority, answer):
    for text in (TEXT.replace("5", "6"), TEXT[:-1], TEXT + "\n", ""):
        with pytest.raises(TimestampError, match="another checkpoint"):
            verify_timestamp(answer, text, trusted(authority), name="x")


def test_of_an_authority_that_nobody_trusts(tmp_path, authority, answer):
    stranger, both = Authority(tmp_path / "b"), trusted(authority, Authority(tmp_path / "c"))
    with pytest.raises(TimestampError, match="isn't signed by an authority"):
        verify_timestamp(answer, TEXT, trusted(stranger), name="x")
    assert verify_timestamp(answer, TEXT, both, name="x").serial
    # Their names are the same, their keys aren't.
    with pytest.raises(TimestampError, match="isn't signed by an authority"):
        verify_timestamp(stranger.answer(timestamp_request(TEXT)), TEXT, trusted(authority), name="x")


def test_an_answer_without_certificates(authority):
    bare = authority.answer(authority.request_for(TEXT.encode(), wanted="-no_nonce"))
    with pytest.raises(TimestampError):
        verify_timestamp(bare, TEXT, trusted(authority), name="x")


def test_certificates(authority, tmp_path):
    pem, leaf = authority.certificate.read_bytes(), authority.certificate.with_name("tsa.pem").read_bytes()
    whole = read_authorities([("a", pem + leaf), ("b", pem)])
    assert [one.subject.rfc4514_string() for one in whole.roots] == ["CN=Root"]
    assert [one.subject.rfc4514_string() for one in whole.intermediates] == ["CN=Clock"]
    for data in (b"", b"x", pem[:-40]):
        with pytest.raises(FormatError):
            read_authorities([("a", data)])
    with pytest.raises(TimestampError, match="signs itself"):
        read_authorities([("a", leaf)])
    with pytest.raises(TimestampError):
        read_authorities([])


def test_damaged_answers_are_refused(authority, answer):
    """No byte can be changed without being refused, but for those of the wrapping that nobody signs."""
    authorities = trusted(authority)
    expected = verify_timestamp(answer, TEXT, authorities, name="x")
    passed = 0
    for place in range(0, len(answer), 1 if DEEP else 7):
        data = bytearray(answer)
        data[place] ^= 1 << place % 8
        try:
            assert verify_timestamp(bytes(data), TEXT, authorities, name="x") == expected
            passed += 1
        except ChainlogError:
            pass
    assert passed < len(answer) / 20
    for data in (b"", answer[:-1], answer + b"\x00", answer[:100], b"\x30\x80" * 1_000, answer * 2):
        with pytest.raises(ChainlogError):
            verify_timestamp(data, TEXT, authorities, name="x")
    with pytest.raises(LimitError):
        read_imprint(b"\x30" * (TIMESTAMP_BYTES_MAX + 1), name="x")


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    for call in (lambda: timestamp_request(TEXT), lambda: read_imprint(b"", name="x"), lambda: read_authorities([])):
        with pytest.raises(MissingExtraError, match=r"chainlog-custody\[timestamp\]"):
            call()

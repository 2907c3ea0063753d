from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest

from chainlog.errors import FormatError, LimitError, SignatureError
from chainlog.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX
from chainlog.record.keys import SecretKey, verify
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
    verify_note,
)

KEY = SecretKey.from_seed(bytes(range(32)))
OTHER = SecretKey.from_seed(bytes(range(1, 33)))
NAME = "example.org/log"
TEXT = "first line\n\nthird line, 涉密\n"


def sign(text=TEXT, *, key=KEY, name=NAME):
    return NoteSignature(name, key_id(name, ED25519, key.public_key), key.sign(text.encode()))


def line(data=b"1234s", name=NAME):
    return f"— {name} {b64encode(data).decode()}\n"


GOOD = format_note(SignedNote(TEXT, (sign(),)))


def verified(data, *, key=KEY, name=NAME):
    return verify_note(parse_note(data), name=name, public_key=key.public_key, verify=verify)


# --- taking apart -------------------------------------------------------------------------------


def test_layout_to_the_byte():
    """Built by hand from the words of the specification."""
    identifier = sha256(NAME.encode() + b"\x0a\x01" + KEY.public_key).digest()[:4]
    encoded = b64encode(identifier + KEY.sign(TEXT.encode()))
    expected = TEXT.encode() + b"\n\xe2\x80\x94 " + NAME.encode() + b" " + encoded + b"\n"
    assert expected == GOOD
    assert parse_note(GOOD) == SignedNote(TEXT, (sign(),))


def test_round_trip():
    for text in ("\n", "\n\n", "a\n", "a\n\n\n", "\na\n", "a\n— x y\n", "a\u2028b\x85c\n"):
        for count in (1, 2, NOTE_SIGNATURES_MAX):
            note = SignedNote(text, tuple(NoteSignature(f"n{i}", b"abcd", bytes([i + 1])) for i in range(count)))
            assert parse_note(format_note(note)) == note


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text",
        b"text\n",
        b"text\n\n",
        b"text\n\n\n",
        f"text\n{line()}".encode(),
        f"text{line()}".encode(),
        f"\n{line()}".encode(),
        f"text\n\n{line()}".encode()[:-1],
        f"text\n\n{line()}\n".encode(),
        f"text\n\n{line()}\n\n".encode(),
        f"text\n\n{line()}more\n".encode(),
        f"text\n\nmore\n{line()}".encode(),
        f"text\n\n {line()}".encode(),
        f"text\n\n{line(name='')}".encode(),
        f"text\n\n{line(name='a b')}".encode(),
        f"text\n\n{line(name='a+b')}".encode(),
        f"text\n\n{line(name='a' + chr(0x3000))}".encode(),
        f"text\n\n{line(name='a' + chr(0x85))}".encode(),
        f"text\n\n{line(name='a' + chr(0x2028))}".encode(),
        f"text\n\n{line(b'')}".encode(),
        f"text\n\n{line(b'1234')}".encode(),
        f"text\n\n{line().replace('— ', '-- ')}".encode(),
        f"text\n\n{line().replace('— ', '– ')}".encode(),
        f"text\n\n{line().replace('— ', '—')}".encode(),
        f"text\n\n{line().replace('— ', '—  ')}".encode(),
        f"text\n\n{line().replace('— ', '— — ')}".encode(),
        f"text\n\n{line()[:-1]} \n".encode(),
        f"text\n\n{line(b'12345').replace('=', '')}".encode(),
        f"text\r\n\r\n{line()}".encode(),
        f"text\n\r\n{line()}".encode(),
        f"te\txt\n\n{line()}".encode(),
        f"te\0xt\n\n{line()}".encode(),
        b"\xff" + GOOD,
        b"\xed\xa0\x80" + GOOD,
        b"\xc0\x8a" + GOOD,
        GOOD.decode().encode("utf-16"),
        "text\n\n— n MTIzNHN=\n".encode(),
        "text\n\n— n MTIzNHM\n".encode(),
    ],
)
def test_refused(data):
    with pytest.raises(FormatError):
        parse_note(data)


def test_limits():
    note = f"text\n\n{line() * NOTE_SIGNATURES_MAX}"
    assert len(parse_note(note.encode()).signatures) == NOTE_SIGNATURES_MAX
    with pytest.raises(LimitError):
        parse_note((note + line()).encode())
    rest = f"\n\n{line()}".encode()
    assert parse_note(b"x" * (NOTE_BYTES_MAX - len(rest)) + rest)
    with pytest.raises(LimitError):
        parse_note(b"x" * (NOTE_BYTES_MAX - len(rest) + 1) + rest)


@pytest.mark.parametrize(
    "note",
    [
        SignedNote("text\n", ()),
        SignedNote("text", (sign(),)),
        SignedNote("", (sign(),)),
        SignedNote("text\n\n— n MTIzNHM=", (sign(),)),
        SignedNote("text\r\n", (sign(),)),
        SignedNote("\ud800\n", (sign(),)),
        SignedNote("text\n", (sign()._replace(name="a b"),)),
        SignedNote("text\n", (sign()._replace(name=""),)),
        SignedNote("text\n", (sign()._replace(name="\ud800"),)),
        SignedNote("text\n", (sign()._replace(name="a\n"),)),
        SignedNote("text\n", (sign()._replace(key_id=b"123"),)),
        SignedNote("text\n", (sign()._replace(key_id=b"12345"),)),
        SignedNote("text\n", (sign()._replace(signature=b""),)),
        SignedNote("text\n", (sign(),) * (NOTE_SIGNATURES_MAX + 1)),
    ],
)
def test_what_would_not_read_back_is_not_written(note):
    with pytest.raises(FormatError) as caught:
        format_note(note)
    assert caught.value.fields["path"] in ("note", "key name")


# --- verifying ----------------------------------------------------------------------------------


def test_verified_text():
    assert verified(GOOD) == TEXT


def test_every_changed_bit_is_refused():
    for position in range(len(GOOD)):
        for bit in range(8):
            data = GOOD[:position] + bytes((GOOD[position] ^ 1 << bit,)) + GOOD[position + 1 :]
            with pytest.raises((FormatError, SignatureError)):
                verified(data)


def test_every_cut_is_refused():
    for stop in range(len(GOOD)):
        with pytest.raises((FormatError, SignatureError)):
            verified(GOOD[:stop])
    for start in range(1, len(GOOD)):
        with pytest.raises((FormatError, SignatureError)):
            verified(GOOD[start:])


def test_signatures_of_others_are_ignored():
    other_key = sign(key=OTHER)
    other_name = sign(name="example.org/other")
    junk = NoteSignature("junk", b"1234", b"not even of this length")
    same_name = NoteSignature(NAME, b"1234", sign().signature)
    same_id = NoteSignature("junk", sign().key_id, bytes(64))
    for others in ([other_key], [other_name], [junk], [same_name], [same_id], [other_key, other_name, junk, same_id]):
        for signatures in ((*others, sign()), (sign(), *others)):
            assert verified(format_note(SignedNote(TEXT, signatures))) == TEXT
        with pytest.raises(SignatureError):
            verified(format_note(SignedNote(TEXT, tuple(others))))


@pytest.mark.parametrize(
    "bad",
    [
        sign("another text\n").signature,
        sign(key=OTHER).signature,
        bytes(64),
        sign().signature[:-1],
        sign().signature + b"\0",
        b"\0",
        sign().signature + TEXT.encode(),
    ],
)
def test_a_known_key_that_fails_rejects_the_whole_note(bad):
    bad_line = sign()._replace(signature=bad)
    for signatures in ((bad_line,), (bad_line, sign()), (sign(), bad_line)):
        with pytest.raises(SignatureError):
            verified(format_note(SignedNote(TEXT, signatures)))


def test_two_equal_lines_are_one_signer_twice():
    assert verified(format_note(SignedNote(TEXT, (sign(), sign())))) == TEXT


def test_a_cosignature_is_no_signature_of_the_log():
    """Type 0x04 gives another key id for the same key and name."""
    cosigned = NoteSignature(NAME, key_id(NAME, COSIGNATURE, KEY.public_key), bytes(8) + sign().signature)
    with pytest.raises(SignatureError):
        verified(format_note(SignedNote(TEXT, (cosigned,))))


def test_the_verifier_decides():
    def refuse(public_key, message, signature):
        assert (public_key, message, len(signature)) == (KEY.public_key, TEXT.encode(), 64)
        raise SignatureError

    with pytest.raises(SignatureError):
        verify_note(parse_note(GOOD), name=NAME, public_key=KEY.public_key, verify=refuse)


def test_the_length_is_checked_whatever_the_verifier_does():
    for signature in (sign().signature[:-1], sign().signature + b"\0"):
        note = SignedNote(TEXT, (sign()._replace(signature=signature),))
        with pytest.raises(SignatureError):
            verify_note(note, name=NAME, public_key=KEY.public_key, verify=lambda key, message, signature: None)


# --- keys ---------------------------------------------------------------------------------------


def test_key_id_binds_name_type_and_key():
    assert len({
        key_id(NAME, ED25519, KEY.public_key),
        key_id(NAME, COSIGNATURE, KEY.public_key),
        key_id(NAME, ED25519, OTHER.public_key),
        key_id("n", ED25519, KEY.public_key),
    }) == 4  # fmt: skip


def test_vkey_round_trip():
    for key in (VerifierKey(NAME, ED25519, KEY.public_key), VerifierKey("见证", COSIGNATURE, OTHER.public_key)):
        assert parse_vkey(format_vkey(key)) == key


VKEY = format_vkey(VerifierKey(NAME, ED25519, KEY.public_key))


def test_every_changed_character_and_cut_of_a_vkey_is_refused():
    for i, old in enumerate(VKEY):
        for new in {chr(ord(old) ^ 1), chr(ord(old) + 1), old.swapcase(), "+", "="} - {old}:
            with pytest.raises(FormatError):
                parse_vkey(VKEY[:i] + new + VKEY[i + 1 :])
        for cut in (VKEY[:i], VKEY[i + 1 :]):
            with pytest.raises(FormatError):
                parse_vkey(cut)
    for more in (VKEY + "\n", " " + VKEY, VKEY + "+", VKEY + "=", "", "++", "a" * (NOTE_BYTES_MAX + 1)):
        with pytest.raises(FormatError):
            parse_vkey(more)


def test_vkey_of_another_type_or_length():
    for data in (b"\x02" + KEY.public_key, b"\x01" + KEY.public_key[:-1], b"\x01" + KEY.public_key + b"\0", b""):
        identifier = sha256(NAME.encode() + b"\n" + data).digest()[:4].hex()
        with pytest.raises(FormatError):
            parse_vkey(f"{NAME}+{identifier}+{b64encode(data).decode()}")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u00a0b", "a\u2009b", "\ud800", "a\n"])
def test_names_that_name_no_key(name):
    with pytest.raises(FormatError):
        key_id(name, ED25519, KEY.public_key)
    with pytest.raises(FormatError):
        format_vkey(VerifierKey(name, ED25519, KEY.public_key))


def test_impossible_keys_are_a_bug():
    with pytest.raises(AssertionError):
        key_id(NAME, ED25519, KEY.public_key[:-1])
    with pytest.raises(AssertionError):
        format_vkey(VerifierKey(NAME, 2, KEY.public_key))

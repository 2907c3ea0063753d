"""Any bytes in a key file give a key, or an error that says what is wrong; nothing else leaves."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from chainlog.canon.codec import encode
from chainlog.errors import FormatError, KeyFileError
from chainlog.record import keyfile, keys
from chainlog.record.keyfile_format import CONTEXT, HEADER, KDF, format_key_file, parse_key_file
from chainlog.record.keys import SecretKey
from tests.key_files import MIB, PASSPHRASE, SECRET, cheap_key, key_file, store


@contextmanager
def stored(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as directory, mock.patch.object(keys, "passphrase_key", cheap_key):
        yield store(Path(directory) / "a.key", content)


def texts_of(data: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return data.map(lambda content: HEADER + b"\n" + base64.b64encode(content))


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=40),
    st.binary(max_size=64),
)
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=9), max_leaves=20)


@st.composite
def good_fields(draw: st.DrawFn) -> list[Any]:
    """The array of a key file that parses; nothing says that it opens."""
    purpose = draw(st.sampled_from(["sign", "log", "read"]))
    memory = draw(st.integers(64 * MIB, 1_024 * MIB))
    kdf = [KDF, draw(st.integers(2, 8)), memory, draw(st.binary(min_size=16, max_size=16))]
    label = draw(st.text("abc p/0123456789王李", max_size=40))
    key, nonce, ciphertext = (draw(st.binary(min_size=n, max_size=n)) for n in (32, 24, 48))
    return [CONTEXT, purpose, 2 if purpose == "read" else 1, key, label, kdf, nonce, ciphertext]


@st.composite
def nearly_good_fields(draw: st.DrawFn) -> list[Any]:
    """One field, or one of the derivation's, is anything."""
    fields = draw(good_fields())
    place = draw(st.integers(0, 11))
    if place < 8:
        fields[place] = draw(anything)
    else:
        fields[5][place - 8] = draw(anything)
    return fields


@given(
    st.one_of(
        st.binary(max_size=300),
        texts_of(st.binary(max_size=300)),
        texts_of((nearly_good_fields() | anything).map(encode)),
    )
)
def test_any_bytes(content: bytes):
    with stored(content) as path:
        for read in (
            lambda: keyfile.read_public(path),
            lambda: keyfile.load(path, passphrase=PASSPHRASE),
            lambda: keyfile.load_reader(path, passphrase=PASSPHRASE),
        ):
            try:
                read()
            except (FormatError, KeyFileError) as error:
                assert str(path) in str(error)


@given(good_fields())
def test_what_parses_is_written_back_as_it_was(fields: list[Any]):
    content = HEADER + base64.b64encode(encode(fields)).join([b"\n", b"\n"])
    file = parse_key_file(content, name="k")
    assert (file.purpose, file.public_key, file.ciphertext) == (fields[1], fields[3], fields[7])
    assert b"".join(format_key_file(file).split()) == b"".join(content.split())


@given(st.data())
def test_a_damaged_file_never_gives_another_key(data: st.DataObject):
    good = format_key_file(key_file())
    start = data.draw(st.integers(0, len(good)))
    stop = data.draw(st.integers(start, len(good)))
    content = good[:start] + data.draw(st.binary(max_size=20)) + good[stop:]
    with stored(content) as path, suppress(FormatError, KeyFileError):
        assert keyfile.load(path, passphrase=PASSPHRASE) == SECRET


@given(st.binary(min_size=32, max_size=32), st.text(min_size=1, max_size=40), st.sampled_from(["sign", "log"]))
def test_what_was_created_loads(seed: bytes, passphrase: str, purpose: str):
    with stored(b"") as path:
        path.unlink()
        secret = SecretKey(seed)
        try:
            keyfile.create(path, secret=secret, passphrase=passphrase, purpose=purpose)  # type: ignore[arg-type]
        except KeyFileError:
            assert not list(path.parent.iterdir())
            return
        loaded = keyfile.load(path, passphrase=passphrase)
        assert loaded == secret
        assert loaded.reveal_seed() == seed

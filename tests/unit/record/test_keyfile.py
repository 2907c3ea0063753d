from __future__ import annotations

import base64
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chainlog import limits
from chainlog.errors import (
    FormatError,
    KeyFileError,
    LimitError,
    NonCanonicalError,
    TextError,
    UnknownVersionError,
    WrongPassphraseError,
)
from chainlog.record import keyfile, keys
from chainlog.record.keyfile_format import HEADER, PublicInfo, format_key_file, parse_key_file
from chainlog.record.keys import ReaderKey
from tests.key_files import MIB, PASSPHRASE, SECRET, cheap, key_file, store

__all__ = ["cheap"]

READER = ReaderKey(bytes(range(32)))

# Written once with the real derivation: what was stored must open for ever.
STORED = b"""chainlog-key-v1
mK9jaGFpbmxvZy92MS9rZXmkc2lnbgHEIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UN
Xx3chmQSVTG4qnAvMDAxMiDnjouUqGFyZ29uMmlkAs4EAAAAxBC17Pk2vLuuOJeW
w0t5n7klxBj1NCcIV1YMS2t0Sxn7yzIwUNY3e9DIBwfEMMkxAkxq+d9cUklhHak3
4ucWAuQru8ctXORRWdaxJGWxLPMv1/AjPZ4mZRqPUCDLkw==
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.key"


def payload(text: bytes) -> bytes:
    return base64.b64decode(b"".join(text.split()[1:]))


def as_text(data: bytes) -> bytes:
    return HEADER + b"\n" + base64.b64encode(data) + b"\n"


# --- with the real derivation -------------------------------------------------------------------


def test_a_stored_key_opens(path: Path):
    store(path, STORED)
    assert keyfile.load(path, passphrase="口令 pass") == SECRET
    assert keyfile.read_public(path) == PublicInfo(SECRET.public_key, "sign", "p/0012 王")
    with pytest.raises(WrongPassphraseError):
        keyfile.load(path, passphrase="口令 Pass")


@pytest.mark.parametrize("purpose", ["sign", "log"])
def test_create_and_load(path: Path, purpose: Any):
    keyfile.create(path, secret=SECRET, passphrase=PASSPHRASE, purpose=purpose, label="王 p/0012", cost="interactive")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["a.key"]
    assert keyfile.load(path, passphrase=PASSPHRASE, purpose=purpose) == SECRET
    assert keyfile.read_public(path) == PublicInfo(SECRET.public_key, purpose, "王 p/0012")


def test_the_cost_is_that_of_the_named_level(path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = []

    def record(_passphrase: bytes, *, salt: bytes, passes: int, memory_bytes: int) -> bytes:
        asked.append((len(salt), passes, memory_bytes // MIB))
        return bytes(32)

    monkeypatch.setattr(keys, "passphrase_key", record)
    costs: tuple[keyfile.Cost, ...] = ("interactive", "moderate", "sensitive")
    for i, cost in enumerate(costs):
        keyfile.create(path.with_name(str(i)), secret=SECRET, passphrase="p", purpose="sign", cost=cost)
    keyfile.create(path, secret=SECRET, passphrase="p", purpose="sign")
    assert asked == [(16, 2, 64), (16, 3, 256), (16, 4, 1024), (16, 3, 256)]


# --- with a cheap one ---------------------------------------------------------------------------


@pytest.mark.usefixtures("cheap")
class TestContents:
    def test_a_reader_key_is_stored_apart(self, path: Path):
        keyfile.create(path, secret=READER, passphrase=PASSPHRASE, purpose="read")
        assert keyfile.load_reader(path, passphrase=PASSPHRASE) == READER
        assert keyfile.read_public(path) == PublicInfo(READER.public_key, "read", "")
        with pytest.raises(KeyFileError, match="purpose read, not sign or log"):
            keyfile.load(path, passphrase=PASSPHRASE)

    @pytest.mark.parametrize(("stored", "wanted"), [("sign", "log"), ("log", "sign")])
    def test_a_key_of_another_purpose_is_refused(self, path: Path, stored: str, wanted: Any):
        store(path, key_file(purpose=stored))
        with pytest.raises(KeyFileError, match=f"purpose {stored}, not {wanted}"):
            keyfile.load(path, passphrase=PASSPHRASE, purpose=wanted)
        with pytest.raises(KeyFileError, match=f"purpose {stored}, not read"):
            keyfile.load_reader(path, passphrase=PASSPHRASE)

    @pytest.mark.parametrize(
        ("secret", "purpose"), [(SECRET, "read"), (READER, "sign"), (READER, "log"), (SECRET, "x")]
    )
    def test_a_key_fits_its_purpose(self, path: Path, secret: Any, purpose: Any):
        with pytest.raises(KeyFileError):
            keyfile.create(path, secret=secret, passphrase=PASSPHRASE, purpose=purpose)
        assert not path.exists()

    def test_an_unknown_cost_is_refused(self, path: Path):
        with pytest.raises(KeyFileError):
            keyfile.create(path, secret=SECRET, passphrase="p", purpose="sign", cost="cheap")  # type: ignore[arg-type]
        assert not path.exists()

    def test_nothing_in_the_file_repeats(self, path: Path):
        texts = []
        for i in range(4):
            keyfile.create(path.with_name(str(i)), secret=SECRET, passphrase=PASSPHRASE, purpose="sign")
            texts.append(path.with_name(str(i)).read_bytes())
        files = [parse_key_file(text, name="k") for text in texts]
        assert len({file.kdf.salt for file in files}) == len({file.nonce for file in files}) == 4
        for text in texts:
            assert SECRET.reveal_seed()[:8] not in payload(text)

    def test_the_same_error_for_a_wrong_passphrase_and_a_changed_file(self, path: Path):
        good = key_file()
        store(path, good)
        with pytest.raises(WrongPassphraseError) as wrong:
            keyfile.load(path, passphrase="another")
        store(path, good._replace(ciphertext=bytes([good.ciphertext[0] ^ 1]) + good.ciphertext[1:]))
        with pytest.raises(WrongPassphraseError) as changed:
            keyfile.load(path, passphrase=PASSPHRASE)
        assert str(wrong.value) == str(changed.value)
        assert wrong.value.text("zh") == changed.value.text("zh")
        assert PASSPHRASE not in str(wrong.value)

    def test_every_flipped_bit_is_refused(self, path: Path):
        data = payload(format_key_file(key_file()))
        for bit in range(8 * len(data)):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            store(path, as_text(bytes(changed)))
            with pytest.raises((FormatError, KeyFileError)):
                keyfile.load(path, passphrase=PASSPHRASE)

    def test_every_flipped_bit_of_the_text_is_refused_or_white_space(self, path: Path):
        text = format_key_file(key_file())
        harmless = 0
        for bit in range(8 * len(text)):
            changed = bytearray(text)
            changed[bit // 8] ^= 1 << bit % 8
            store(path, bytes(changed))
            try:
                assert keyfile.load(path, passphrase=PASSPHRASE) == SECRET
            except (FormatError, KeyFileError):
                continue
            assert bytes(changed).split() == text.split() or b"".join(bytes(changed).split()) == b"".join(text.split())
            harmless += 1
        assert harmless < 8 * text.count(b"\n")

    def test_every_truncation_is_refused(self, path: Path):
        text = format_key_file(key_file())
        for size in range(len(text) - 1):
            store(path, text[:size])
            with pytest.raises(FormatError):
                keyfile.load(path, passphrase=PASSPHRASE)
            with pytest.raises(FormatError):
                keyfile.read_public(path)

    @pytest.mark.parametrize(
        "reshape",
        [
            lambda text: text.replace(b"\n", b"\r\n"),
            lambda text: text.rstrip(),
            lambda text: b"\n \t" + text.replace(b"\n", b"  \n\n"),
            lambda text: HEADER + b"\n" + b"".join(text.split()[1:]),
            lambda text: HEADER + b" " + b" ".join(text.split()[1:]),
        ],
    )
    def test_line_breaks_do_not_matter(self, path: Path, reshape):
        store(path, reshape(format_key_file(key_file())))
        assert keyfile.load(path, passphrase=PASSPHRASE) == SECRET

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"\n",
            b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
            HEADER,
            HEADER + b"\n",
            HEADER + b"\nAAAA\n",
            HEADER.upper() + STORED[len(HEADER) :],
            STORED[len(HEADER) :],
            STORED + b"AAAA",
            STORED.replace(b"==", b"="),
            STORED.replace(b"==", b"A="),
            STORED.replace(b"kw==", b"kx=="),
            STORED.replace(b"==", b"==\n=="),
            STORED.replace(b"mK9j", b"m_9j"),
            b"\xef\xbb\xbf" + STORED,
            b"\xff" * 100,
            b"x" * limits.KEY_FILE_BYTES_MAX,
        ],
    )
    def test_what_is_no_key_file(self, path: Path, text: bytes):
        store(path, text)
        with pytest.raises(FormatError):
            keyfile.read_public(path)

    def test_another_version_is_named(self, path: Path):
        store(path, STORED.replace(b"-v1", b"-v2"))
        with pytest.raises(UnknownVersionError, match="chainlog-key-v2"):
            keyfile.read_public(path)

    @pytest.mark.parametrize(
        "changes",
        [
            {"context": "chainlog/v2/key"},
            {"context": "chainlog/v1/event"},
            {"purpose": "admin"},
            {"purpose": "read"},
            {"alg": 0},
            {"alg": 2},
            {"alg": True},
            {"public_key": b""},
            {"public_key": bytes(31)},
            {"label": "x" * 121},
            {"label": "a\nb"},
            {"label": "a\u202eb"},
            {"label": "e\u0301"},
            {"name": "argon2i"},
            {"salt": bytes(15)},
            {"salt": bytes(17)},
            {"passes": True},
            {"passes": 2.0},
            {"nonce": bytes(12)},
            {"ciphertext": bytes(47)},
            {"ciphertext": bytes(49)},
        ],
    )
    def test_every_field_is_held_to_its_bounds(self, path: Path, changes: dict[str, Any]):
        file = (
            key_file(**changes)
            if changes.get("context") or "ciphertext" in changes
            else key_file(ciphertext=bytes(48), **changes)
        )
        store(path, file)
        with pytest.raises(FormatError):
            keyfile.load(path, passphrase=PASSPHRASE)
        with pytest.raises(FormatError):
            keyfile.read_public(path)

    def test_only_the_canonical_encoding_is_taken(self, path: Path):
        data = payload(format_key_file(key_file()))
        passes = data.index(b"argon2id") + 8
        assert data[passes] == 2
        store(path, as_text(data[:passes] + b"\xcc\x02" + data[passes + 1 :]))
        with pytest.raises(NonCanonicalError):
            keyfile.load(path, passphrase=PASSPHRASE)
        for changed in (data + b"\0", b"\x99" + data[1:] + b"\xc0", b"\xdc\x00\x08" + data[1:], b"\x97" + data[1:-50]):
            store(path, as_text(changed))
            with pytest.raises(FormatError):
                keyfile.load(path, passphrase=PASSPHRASE)
        others: list[Any] = [None, [], {}, "chainlog/v1/key", [["chainlog/v1/key"]] * 8]
        for other in others:
            store(path, as_text(msgspec.msgpack.encode(other)))
            with pytest.raises(FormatError):
                keyfile.load(path, passphrase=PASSPHRASE)

    @pytest.mark.parametrize(
        "changes",
        [
            {"passes": 0},
            {"passes": 1},
            {"passes": 9},
            {"passes": 2**32},
            {"passes": -1},
            {"memory_bytes": 8_192},
            {"memory_bytes": 64 * MIB - 1},
            {"memory_bytes": 1_024 * MIB + 1},
            {"memory_bytes": 65_536 * MIB},
            {"memory_bytes": 2**63},
            {"passes": 1, "memory_bytes": 8_192},
        ],
    )
    def test_a_derivation_too_dear_or_too_cheap_is_never_begun(
        self, path: Path, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ):
        store(path, key_file(**changes))
        monkeypatch.setattr(keys, "passphrase_key", lambda *_a, **_k: pytest.fail("derived"))
        with pytest.raises(LimitError):
            keyfile.load(path, passphrase=PASSPHRASE)
        with pytest.raises(LimitError):
            keyfile.change_passphrase(path, old=PASSPHRASE, new="p")

    @pytest.mark.parametrize("changes", [{"passes": 8}, {"memory_bytes": 1_024 * MIB}, {"label": "x" * 120}])
    def test_the_bounds_themselves_are_taken(self, path: Path, changes: dict[str, Any]):
        store(path, key_file(**changes))
        assert keyfile.load(path, passphrase=PASSPHRASE) == SECRET

    @pytest.mark.parametrize(
        "changes",
        [
            {"purpose": "log"},
            {"public_key": READER.public_key},
            {"label": "p/0013"},
            {"salt": b"\1" * 16},
            {"passes": 3},
            {"memory_bytes": 128 * MIB},
            {"nonce": b"\1" * 24},
        ],
    )
    def test_nothing_around_the_ciphertext_can_be_swapped(self, path: Path, changes: dict[str, Any]):
        good = key_file()
        store(path, key_file(ciphertext=good.ciphertext, **changes))
        keyfile.read_public(path)
        with pytest.raises(WrongPassphraseError):
            keyfile.load(path, passphrase=PASSPHRASE)

    def test_a_public_key_that_is_not_the_secrets_is_refused(self, path: Path):
        # Encrypted anew by one who knows the passphrase, so the tag is right.
        for purpose, load in (("sign", keyfile.load), ("log", keyfile.load)):
            store(path, key_file(purpose=purpose, public_key=READER.public_key))
            with pytest.raises(KeyFileError, match="does not belong"):
                load(path, passphrase=PASSPHRASE)
            with pytest.raises(KeyFileError, match="does not belong"):
                keyfile.change_passphrase(path, old=PASSPHRASE, new="p")
        store(path, key_file(purpose="read", alg=2, public_key=SECRET.public_key))
        with pytest.raises(KeyFileError, match="does not belong"):
            keyfile.load_reader(path, passphrase=PASSPHRASE)
        assert keyfile.read_public(path).public_key == SECRET.public_key

    @pytest.mark.parametrize("label", ["x" * 121, "字" * 41, "a\n", "a\u200b", "\ud800", "A\u030a"])
    def test_a_label_is_short_plain_text(self, path: Path, label: str):
        with pytest.raises((TextError, LimitError)):
            keyfile.create(path, secret=SECRET, passphrase=PASSPHRASE, purpose="sign", label=label)
        assert not path.exists()

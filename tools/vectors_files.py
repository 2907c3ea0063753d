"""Vectors of sections 2.13 and 13: draft files and key files. Pure; deriving the keys of three files takes a second."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from chainlog.canon import codec
from chainlog.record import keys
from chainlog.record.draft import Draft
from chainlog.record.keyfile_format import CONTEXT, HEADER, KDF, Kdf, KeyFile, format_key_file
from chainlog.record.keys import ReaderKey, SecretKey
from chainlog.record.signer import LocalSigner
from tools.fixed_log import CLERK, KEEPER, T0_US, Story, secret, seed
from tools.vector_case import Case, Document, bad, document, good

MIB = 1_048_576
PASSPHRASE = "口令 correct horse"  # noqa: S105 (public, like all of this)
_COST = (2, 64 * MIB)
_UNKNOWN_PURPOSE: Any = "witness"


# --- drafts ---------------------------------------------------------------------------------------


def _draft() -> Draft:
    log = Story()
    log.enrol(KEEPER)
    log.enrol(CLERK)
    event = log.event(
        "transferred.lend", body={"purpose": "起草报告", "depth": "read"}, people=[("giver", KEEPER, 1), ("receiver", CLERK, 1)],
        subjects=["c/87"],
    )  # fmt: skip
    return Draft(log.id, log.newest_base(), event.encoded)


def _signed(draft: Draft, role: str, person: str) -> Draft:
    return draft.sign(LocalSigner(secret(person)), role=role, person=person, signed_at_us=T0_US)


def _good_draft(comment: str, draft: Draft) -> Case:
    wanted = [[want.role, want.person, want.missing] for want in draft.wanted()]
    return good(comment, draft=draft.encoded().hex(), wanted=wanted, flags=["form"])


def _draft_faults(whole: Draft) -> Iterator[Case]:
    plain = codec.decode(whole.encoded())

    def no(comment: str, place: int, value: Any, error: str = "malformed") -> Case:
        changed = [*plain]
        changed[place] = value
        return bad(comment, draft=codec.encode(changed).hex(), error=error, flags=["form"])

    yield no("another first string", 0, "chainlog/v2/draft")
    yield no("a log id of 31 bytes", 1, bytes(31))
    yield no("a base of one element", 2, [3])
    yield no("an event that is none", 3, b"\x90")
    yield no("signatures out of order", 4, plain[4][::-1])
    yield no("a signature twice", 4, [plain[4][0], plain[4][0]])
    yield no("a negative time", 4, [[*plain[4][0][:3], -1, plain[4][0][4]]])
    extra = ["witness", *plain[4][0][1:]]
    yield no("a signature that the event doesn't ask for", 4, sorted([*plain[4], extra], key=codec.encode))
    yield bad("a byte too many", draft=(whole.encoded() + b"\0").hex(), error="malformed", flags=["form"])
    wrong = [*plain[4][0][:4], bytes(64)]
    changed = codec.encode([*plain[:4], sorted([wrong, plain[4][1]], key=codec.encode)])
    yield bad(
        "well-formed, and a signature that doesn't verify",
        draft=changed.hex(),
        error="bad-signature",
        flags=["signature"],
    )
    moved = codec.encode([plain[0], plain[1], [plain[2][0], bytes(32)], *plain[3:]])
    yield bad("the base was changed after signing", draft=moved.hex(), error="bad-signature", flags=["signature"])


def drafts() -> Document:
    """Family `draft`."""
    bare = _draft()
    half = _signed(bare, "receiver", CLERK)
    whole = _signed(half, "giver", KEEPER)
    cases = [
        _good_draft("nobody has signed", bare), _good_draft("one of two has signed", half), _good_draft("both have signed", whole),
        *_draft_faults(whole),
    ]  # fmt: skip
    flags = {
        "form": "whether the file is a draft; `wanted` lists [role, person, number] of the signatures still missing",
        "signature": "a draft whose signatures don't all verify for the keys that they bring",
    }
    return document("draft", "Draft files (section 2.13).", cases, flags=flags)


# --- key files ------------------------------------------------------------------------------------


def _file(purpose: Any, name: str, *, passphrase: str = PASSPHRASE, **changes: Any) -> KeyFile:
    """A key file with fixed salt and nonce, encrypted under its real key."""
    private = seed(name)
    public = (ReaderKey if purpose == "read" else SecretKey).from_seed(private).public_key
    salt, nonce = sha256(b"salt " + name.encode()).digest()[:16], sha256(b"nonce " + name.encode()).digest()[:24]
    kdf = Kdf(KDF, *_COST, salt)
    alg = 2 if purpose == "read" else 1
    file = KeyFile(CONTEXT, purpose, alg, public, name, kdf, nonce, b"")._replace(**changes)
    key = keys.passphrase_key(passphrase.encode(), salt=salt, passes=kdf.passes, memory_bytes=kdf.memory_bytes)
    return file._replace(ciphertext=keys.aead_encrypt(key=key, nonce=nonce, data=private, ad=file.associated_data()))


def _good_file(comment: str, file: KeyFile, name: str, **fields: Any) -> Case:
    return good(
        comment, file=format_key_file(file).decode(), passphrase=PASSPHRASE, seed=seed(name).hex(), public_key=file.public_key.hex(),
        purpose=file.purpose, label=file.label, **{"flags": ["open"], **fields},
    )  # fmt: skip


def _file_faults(file: KeyFile) -> Iterator[Case]:
    def no(comment: str, changed: KeyFile | bytes, error: str) -> Case:
        text = changed if isinstance(changed, bytes) else format_key_file(changed)
        return bad(comment, file=text.decode(), error=error, flags=["form"])

    kdf = file.kdf
    yield no("one pass", file._replace(kdf=kdf._replace(passes=1)), "limit")
    yield no("nine passes", file._replace(kdf=kdf._replace(passes=9)), "limit")
    yield no("a byte less than 64 MiB", file._replace(kdf=kdf._replace(memory_bytes=64 * MIB - 1)), "limit")
    yield no("a byte more than 1 GiB", file._replace(kdf=kdf._replace(memory_bytes=1024 * MIB + 1)), "limit")
    yield no("another derivation", file._replace(kdf=kdf._replace(name="scrypt")), "malformed")
    yield no("a salt of 15 bytes", file._replace(kdf=kdf._replace(salt=bytes(15))), "malformed")
    yield no("a nonce of 23 bytes", file._replace(nonce=bytes(23)), "malformed")
    yield no("an algorithm that isn't the purpose's", file._replace(alg=2), "malformed")
    yield no("another purpose", file._replace(purpose=_UNKNOWN_PURPOSE), "malformed")
    yield no("another first string", file._replace(context="chainlog/v2/key"), "malformed")
    yield no("a label with a control character", file._replace(label="a\0"), "text")
    yield no("a label of 121 bytes", file._replace(label="x" * 121), "limit")
    yield no("a ciphertext of 47 bytes", file._replace(ciphertext=file.ciphertext[:-1]), "malformed")
    text = format_key_file(file)
    yield no("another version in the header", text.replace(b"key-v1", b"key-v2"), "unknown-version")
    yield no("no key file", b"-----BEGIN PRIVATE KEY-----\n", "malformed")
    yield no("base64 with a foreign character", text.replace(b"\n", b"\n*", 1), "malformed")
    data = base64.b64decode(b"".join(text.split()[1:]))
    yield no("bytes that aren't canonical", HEADER + b"\n" + base64.b64encode(data + b"\0") + b"\n", "malformed")


def key_files() -> Document:
    """Family `keyfile`."""
    person, log, reader = _file("sign", KEEPER), _file("log", "log"), _file("read", "reader")
    text = format_key_file(person).decode()
    cases = [
        _good_file("a person's key, at the weakest cost that is accepted", person, KEEPER),
        _good_file("a log's key", log, "log"),
        _good_file("a reader's key", reader, "reader"),
        _good_file("broken into other lines", person, KEEPER) | {"file": "\r\n".join(text.replace("\n", " ").split()) + "\r\n"},
        _good_file("the passphrase in full-width letters", person, KEEPER) | {"passphrase": "口令\u3000ｃｏｒｒｅｃｔ　ｈｏｒｓｅ"},
        bad("another passphrase", file=text, passphrase=PASSPHRASE + "x", error="wrong-passphrase", flags=["open"]),
        bad(
            "the label was changed", file=format_key_file(person._replace(label="p/9999")).decode(), passphrase=PASSPHRASE,
            error="wrong-passphrase", flags=["open"],
        ),
        *_file_faults(person),
    ]  # fmt: skip
    flags = {
        "open": "whether the passphrase opens the file, and to which seed",
        "form": "whether it is a key file at all; nothing may be derived before this is known",
    }
    return document("keyfile", "Key files (section 13).", cases, flags=flags)

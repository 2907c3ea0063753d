"""Key files: read by others, guessed at, changed, cut short, lost, let slip."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chainlog.forensics.audit import audit
from chainlog.record import keyfile, keys
from chainlog.record.keyfile_format import format_key_file, parse_key_file
from chainlog.record.keys import ReaderKey, SecretKey
from chainlog.record.signer import LocalSigner
from chainlog.record.statement import EnrolStatement
from chainlog.store.lmdb_store import LmdbStore
from tests.attacks.answers import BEYOND, SURVIVED, Answer, attack, beyond, is_refused, refused, same, survived
from tests.builders import ADMINISTRATORS, small_log
from tests.command_line import ENVIRONMENT, Terminal
from tests.faults.test_key_file_faults import STEPS, change, create, killed, opens
from tests.key_files import MIB, PASSPHRASE, SECRET, cheap, cheap_key, key_file, store
from tests.signers import signer

__all__ = ["cheap"]

NEW_WORDS = "new"
DEAD = 77
"""What `killed` tells of a process that died where it was to."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a key file is to lie."""
    return tmp_path / "person.key"


def loaded(path: Path, passphrase: str = PASSPHRASE, **rest: Any) -> SecretKey:
    """The key in a file."""
    return keyfile.load(path, passphrase=passphrase, **rest)


def made(path: Path, **rest: Any) -> Path:
    """A key file as people make one."""
    keyfile.create(path, **{"secret": SECRET, "passphrase": PASSPHRASE, "purpose": "sign", "label": "p/0012", **rest})
    return path


@attack(
    "KF01", "A key file can be read by others on the machine, or is to lie in the directory of a log, with whose backups it would travel",
    "A", is_refused("key-file-loose"), is_refused("key-file"),
    note="Whether a directory is someone's repository or goes into another backup can't be told",
)  # fmt: skip
@pytest.mark.usefixtures("cheap")
def test_a_key_file_that_others_can_read(path: Path, tmp_path: Path) -> Iterator[Answer]:
    made(path)
    assert path.stat().st_mode & 0o777 == 0o600

    def loose() -> Iterator[Answer]:
        for mode in (0o644, 0o640, 0o604, 0o620, 0o602, 0o666, 0o777):
            path.chmod(mode)
            yield refused(lambda: loaded(path), state=path.read_bytes)

    yield same(loose())
    assert loaded(path, allow_loose_permissions=True) == SECRET
    store(tmp_path / "words", b"other words\n")
    said = Terminal(tmp_path, ENVIRONMENT).run("key", "passwd", path.name, "--new-passphrase-file", "words")
    assert (said.status, "chmod 600" in said.err) == (2, True), said
    small_log(store=LmdbStore.create(tmp_path / "log"), persons=()).handle.close()
    places = (tmp_path / "log", tmp_path / "log" / "truth", tmp_path / "log" / "truth" / ".." / "." / "truth")
    yield same(refused(partial(made, place / "k.key"), state=lambda: sorted(tmp_path.rglob("*"))) for place in places)


@attack(
    "KF02", "A passphrase is guessed by whoever got hold of the file", "W", is_refused("wrong-passphrase"), BEYOND,
    note="Each guess takes a derivation over 256 MiB; a passphrase that is on every list is found all the same",
)  # fmt: skip
def test_a_passphrase_is_guessed(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    real, taken = keys.passphrase_key, []

    def counted(data: bytes, **parameters: Any) -> bytes:
        taken.append((parameters["passes"], parameters["memory_bytes"]))
        return real(data, **parameters)

    monkeypatch.setattr(keys, "passphrase_key", counted)
    made(path, passphrase="123456", cost="interactive")
    guess = refused(lambda: loaded(path, "password"))
    assert loaded(path, "123456") == SECRET
    assert taken == [(2, 64 * MIB)] * 3  # a derivation for each guess
    monkeypatch.setattr(keys, "passphrase_key", cheap_key)
    usual = [parse_key_file(made(path.with_name(name), passphrase="123456").read_bytes(), name="").kdf for name in "ab"]
    assert [(kdf.name, kdf.passes, kdf.memory_bytes) for kdf in usual] == [("argon2id", 3, 256 * MIB)] * 2
    assert usual[0].salt != usual[1].salt  # so that no guess serves for two files
    return [guess, beyond("**A weak passphrase.**", "256 MiB")]


@attack(
    "KF03", "The file states a derivation that would stop the machine, or one that costs nothing", "W", is_refused("limit"),
    note="Before anything is derived",
)  # fmt: skip
def test_a_derivation_too_dear_or_too_cheap(path: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    def stated() -> Iterator[dict[str, int]]:
        yield from ({"memory_bytes": size} for size in (64 * 1024 * MIB, 1025 * MIB, 64 * MIB - 1, 8192, 0))
        yield from ({"passes": passes} for passes in (2**32, 9, 1, 0))

    files = [key_file(**changes) for changes in stated()]
    monkeypatch.setattr(keys, "passphrase_key", None)

    def read() -> Iterator[Answer]:
        for file in files:
            store(path, file)
            yield refused(lambda: loaded(path))
            yield refused(lambda: keyfile.change_passphrase(path, old=PASSPHRASE, new="x"), state=path.read_bytes)

    return same(read())


@attack(
    "KF04", "A bit of the encrypted secret flips", "F", is_refused("wrong-passphrase"),
    note="That the passphrase is wrong and that the file was changed can't be told apart; no part of a key comes out",
)  # fmt: skip
@pytest.mark.usefixtures("cheap")
def test_a_flipped_bit_of_the_secret(path: Path) -> Answer:
    file = parse_key_file(made(path).read_bytes(), name="")

    def flipped() -> Iterator[Answer]:
        for bit in range(8 * len(file.ciphertext)):
            damaged = bytearray(file.ciphertext)
            damaged[bit // 8] ^= 1 << bit % 8
            path.write_bytes(format_key_file(file._replace(ciphertext=bytes(damaged))))
            yield refused(lambda: loaded(path))

    answer = same(flipped())
    path.write_bytes(format_key_file(file))
    assert loaded(path) == SECRET
    return answer


@attack(
    "KF05", "The public key that the file states is exchanged for somebody else's", "W",
    is_refused("wrong-passphrase"), is_refused("key-file"),
    note="The second where it was encrypted anew by somebody who knows the passphrase",
)  # fmt: skip
@pytest.mark.usefixtures("cheap")
def test_an_exchanged_public_key(path: Path) -> Iterator[Answer]:
    other = signer("p/other").public_key
    file = parse_key_file(made(path).read_bytes(), name="")
    path.write_bytes(format_key_file(file._replace(public_key=other)))
    assert keyfile.read_public(path).public_key == other  # which is why nothing of it counts before it is opened
    yield refused(lambda: loaded(path))
    store(path, key_file(public_key=other))
    yield refused(lambda: loaded(path))


@attack(
    "KF06", "The machine dies while a key file is written, or its passphrase changed", "F", SURVIVED,
    note="At each call to the system, before and after it takes effect; and no file is cut short by it, nor overwritten",
)  # fmt: skip
@pytest.mark.usefixtures("cheap")
def test_a_crash_while_a_key_file_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    fates = []
    for act in (create, change):
        for at in range(STEPS[act]):
            for landed in (False, True):
                directory = tmp_path / f"{act.__name__} {at} {landed}"
                directory.mkdir()
                path = directory / "person.key"
                if act is change:
                    store(path, key_file())
                is_dead = killed(act, path, monkeypatch, at, landed=landed) == DEAD
                there = path.exists() and [word for word in (PASSPHRASE, NEW_WORDS) if opens(path, word)]
                assert there or (act is create and not path.exists()), (act, at, landed)
                fates.append((act, is_dead, there))
    died = [fate for fate in fates if fate[1]]
    assert len(died) == 2 * sum(STEPS.values()), "the harness is blind"
    for act in (create, change):
        assert len({str(there) for one, _, there in died if one is act}) == 2, "no death came before it, or none after"
    return SURVIVED


@attack(
    "KF07", "A person's key is lost, then those of all administrators", "F", SURVIVED, SURVIVED,
    note="Administrators give a person another key; two holders of recovery keys appoint administrators, which every "
         "verification shows as `break-glass`; without recovery keys nobody can be given a key any more",
)  # fmt: skip
def test_all_keys_are_lost(tmp_path: Path) -> Iterator[Answer]:
    log = small_log(store=LmdbStore.create(tmp_path / "log"), recovery=("p/R1", "p/R2"))
    log.enrol("p/C", key=signer("p/C again"))
    told: dict[str, Any] = {"body": {}, "people": {"operator": "p/C"}, "subjects": ["w/1"]}
    log.handle.record_event("accessed.entered", signers={"p/C": signer("p/C again")}, **told)
    hashes = [entry.record_hash for entry in log.handle.reader.read_range(0, 99)]
    yield survived(tmp_path / "log", hashes, log_id=log.handle.id)

    successors = ("p/N1", "p/N2", "p/N3")
    assert not set(successors) & set(ADMINISTRATORS)
    body = {"administrators": [(one, (1, signer(one).public_key)) for one in successors], "threshold": 2}
    recovery = {person: signer(f"recovery {person}") for person in ("p/R1", "p/R2")}
    people = [*(("recovery", one, 1) for one in recovery), *(("administrator", one, 1) for one in successors)]
    signers = recovery | {one: signer(one) for one in successors}
    log.handle.record_event("administered", body=body, people=people, signers=signers)
    proof = signer("p/C third").sign_enrolment(EnrolStatement(log.handle.id, "p/C", 1, signer("p/C third").public_key))
    enrolled = {"person": "p/C", "key": (1, signer("p/C third").public_key), "proof": proof}
    two = {person: signer(person) for person in successors[:2]}
    log.handle.record_event("enrolled", body=enrolled, people={"administrator": list(two)}, signers=two)
    log.handle.record_event("accessed.entered", signers={"p/C": signer("p/C third")}, **told)
    hashes = [entry.record_hash for entry in log.handle.reader.read_range(0, 99)]
    log.handle.close()
    shown = audit(tmp_path / "log", log_id=log.handle.id)
    assert "break-glass" in {one.code for one in shown.findings}
    yield survived(tmp_path / "log", hashes, log_id=log.handle.id)


@attack(
    "KF08", "A secret gets into a traceback, a representation, a log of messages or a serialised object", "A", is_refused(),
    note="Nothing that can be asked of a key shows it, and nothing copies one",
)  # fmt: skip
def test_a_secret_is_let_slip(caplog: pytest.LogCaptureFixture) -> Answer:
    seed = bytes(range(200, 232))
    things = [SecretKey(seed), ReaderKey(seed), LocalSigner(SecretKey(seed))]

    def raised(thing: object) -> str:
        try:
            raise ValueError(thing)
        except ValueError as error:
            return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    shown = [raised(seed.hex())]
    assert all(secret_in(text, seed) for text in shown), "the search finds nothing"
    for thing in things:
        logging.getLogger("application").warning("key %s %r", thing, [thing])
        texts = [repr(thing), str(thing), f"{thing}", repr({"key": thing}), raised(thing), caplog.text]
        assert not any(secret_in(text, seed) for text in texts)
        acts: list[Callable[[], object]] = [partial(vars, thing), *(partial(pickle.dumps, thing, n) for n in range(6))]
        if not isinstance(thing, LocalSigner):
            acts += [partial(copy.copy, thing), partial(copy.deepcopy, thing)]
        for act in acts:
            with pytest.raises(TypeError):
                act()
    return Answer("refused")


def secret_in(text: str, seed: bytes) -> bool:
    """Whether a text shows eight bytes of the seed or more, in any form in which Python writes bytes."""
    parts = [seed[n : n + 8] for n in range(len(seed) - 7)]
    return any(form in text for part in parts for form in (part.hex(), repr(part)[2:-1], ", ".join(map(str, part))))


@attack("KF09", "Where a key file is to be written, or read, a link to another file was laid", "W",
        is_refused("key-file-exists"), is_refused("key-file"))  # fmt: skip
@pytest.mark.usefixtures("cheap")
def test_a_link_in_the_place_of_a_key_file(path: Path, tmp_path: Path) -> Iterator[Answer]:
    target = tmp_path / "target"

    def laid() -> Iterator[Answer]:
        for there in (True, False):
            target.write_bytes(b"precious") if there else target.unlink()
            path.unlink(missing_ok=True)
            path.symlink_to(target)
            yield refused(lambda: made(path), state=lambda: (path.readlink(), target.exists() and target.read_bytes()))

    yield same(laid())
    made(target)
    assert loaded(target) == SECRET
    yield refused(lambda: loaded(path))


@attack(
    "KF10", "A passphrase is typed on keyboards that compose characters differently, or in full width", "-", SURVIVED
)
@pytest.mark.usefixtures("cheap")
def test_another_keyboard(path: Path, tmp_path: Path) -> Answer:
    for number, words in enumerate(("口令 Größe é ガ", "각하 Ａｂｃ１２３", "密码 ﬁ ½", "神")):
        forms = {unicodedata.normalize(form, words) for form in ("NFC", "NFD", "NFKC", "NFKD")} | {words}
        assert len(forms) > 1 or words == "神"
        for first in forms:
            file = tmp_path / f"{number} {first.encode().hex()}.key"
            made(file, passphrase=first)
            assert [loaded(file, other) for other in forms] == [SECRET] * len(forms)
        refused(lambda: loaded(file, words + "x"))
    return SURVIVED

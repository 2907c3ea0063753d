"""
Proofs, checkpoints and exports against programs of others in Python, where they are installed.

aics-tlog reads and writes the same public formats as we. scitt-cose has the tree of RFC 9162. sigstore checks the
inclusion proofs and the checkpoints of Rekor.
"""

from __future__ import annotations

import random
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from chainlog.digest import record_hash
from chainlog.forensics.receipts import receipt_of
from chainlog.proof.export import export_tiles
from chainlog.proof.export_directory import opened_directory
from chainlog.proof.tlog_proof import parse_tlog_proof
from chainlog.record.keys import verify
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from chainlog.tree.cosignature import verify_cosignature
from chainlog.tree.note import ED25519, VerifierKey, format_vkey, parse_note, parse_vkey
from tests.builders import small_log
from tests.exports import ORIGIN, ListSource
from tests.interop.proof_cases import (
    accepted,
    all_consistencies,
    all_inclusions,
    consistency,
    inclusion,
    other_numbers,
    other_proofs,
)
from tests.signers import signer
from tests.trees import LEAVES, ListTree
from tests.witnesses import cosigned_note, witness

ENTRIES = [i.to_bytes(4, "big") for i in range(len(LEAVES))]
EXHAUSTIVE = 20

with_tree = pytest.mark.parametrize("peer", ["aics-tlog", "scitt-cose"], indirect=True)
with_inclusion = pytest.mark.parametrize("peer", ["aics-tlog", "scitt-cose", "sigstore"], indirect=True)
with_checkpoints = pytest.mark.parametrize("peer", ["aics-tlog", "sigstore"], indirect=True)
with_formats = pytest.mark.parametrize("peer", ["aics-tlog"], indirect=True)


@pytest.fixture
def name(request) -> str:
    """The peer's own name."""
    return request.node.callspec.params["peer"]


def vkey(origin: str, key: str = "log") -> str:
    return format_vkey(VerifierKey(origin, ED25519, signer(key).public_key))


def cases_of(sizes, *, consistencies=True, sample=None):
    """Proofs with the entries that the peers hash themselves."""
    tree, cases = ListTree(LEAVES[: max(sizes)]), []
    for size in sizes:
        choose = random.Random(size)
        if sample is None:
            cases += all_inclusions(tree, size)
            cases += all_consistencies(tree, size) if consistencies else []
        for _ in range(sample or 0):
            index = choose.randrange(size)
            cases.append(inclusion(tree, index=index, size=size, leaf=tree.leaves[index]))
            if consistencies:
                cases.append(consistency(tree, old_size=choose.randint(1, size), size=size))
    return [{**case, "entry": ENTRIES[case["index"]]} if "index" in case else case for case in cases]


def refusals(peer, name, cases):
    return peer.refusals({**case, "peer": name} for case in cases)


# --- proofs -------------------------------------------------------------------------------------


@with_tree
def test_the_same_proofs(peer, name):
    cases = cases_of(range(1, EXHAUSTIVE + 1)) + cases_of([255, 256, 257, 300], sample=4)
    questions = [{"do": "entries", "entries": ENTRIES[:300]}]
    questions += [{**case, "do": case["do"].replace("check", "prove")} for case in cases]
    questions += [{"do": "root", "size": case["size"]} for case in cases]
    _, *answers = peer.ask({**question, "peer": name} for question in questions)
    proofs, roots = answers[: len(cases)], answers[len(cases) :]
    assert [answer["proof"] for answer in proofs] == [
        [b64encode(one).decode() for one in case["proof"]] for case in cases
    ]
    assert [b64decode(answer["hash"]) for answer in roots] == [case["root"] for case in cases]


@with_inclusion
def test_the_same_verdicts(peer, name):
    """Sound proofs, those with another hash in them, and those of another index or size."""
    consistencies = name != "sigstore"
    cases = cases_of(range(1, EXHAUSTIVE + 1), consistencies=consistencies)
    cases += cases_of([255, 256, 257, 1_000, 2_000], consistencies=consistencies, sample=4)
    few = cases_of(range(1, 9), consistencies=consistencies) + cases_of(
        [257, 2_000], consistencies=consistencies, sample=2
    )
    choose = random.Random(3)
    changed = [other for case in few for other in other_proofs(case, choose)]
    # Two of them hash the entry themselves, so there is no other leaf.
    changed = [one for one in changed if "leaf" not in one or one["leaf"] == record_hash(one["entry"])]
    numbers = [other for case in few for other in other_numbers(case)]
    if name == "scitt-cose":
        # To it any tree goes on from the empty one, whatever root that is said to have, and a hash has any length.
        numbers = [one for one in numbers if one.get("old_size") != 0]
        changed = [one for one in changed if len(one.get("old_root", one["root"])) == 32]
    verdicts = refusals(peer, name, [*cases, *changed, *numbers])
    assert verdicts[: len(cases)] == [None] * len(cases)
    assert None not in verdicts[len(cases) : len(cases) + len(changed)]
    there = [verdict is None for verdict in verdicts[len(cases) + len(changed) :]]
    assert [one for one, verdict in zip(numbers, there, strict=True) if accepted(one) != verdict] == []
    assert any(there)


# --- checkpoints --------------------------------------------------------------------------------


@with_checkpoints
def test_checkpoints_are_opened(peer, name):
    stated = Checkpoint(ORIGIN, 70_000, sha256(b"root").digest())
    note = sign_checkpoint(stated, signer=signer("log"))
    cosigned = cosigned_note(note, "w.example")
    questions = [
        {"note": note, "keys": [vkey(ORIGIN)]},
        {"note": cosigned, "keys": [vkey(ORIGIN)]},
        {"note": note, "keys": [vkey(ORIGIN, "other")]},
        {"note": note.replace(b"\n70000\n", b"\n70001\n"), "keys": [vkey(ORIGIN)]},
        {"note": note.replace(b"\xe2\x80\x94", b"--"), "keys": [vkey(ORIGIN)]},
        {"note": note.replace(b"\n\n", b"\n"), "keys": [vkey(ORIGIN)]},
    ]
    *good, a, b, c, d = peer.ask({**one, "peer": name, "do": "checkpoint"} for one in questions)
    for answer in good:
        assert (answer["size"], b64decode(answer["hash"])) == (stated.size, stated.root)
    assert all("error" in answer for answer in (a, b, c, d))


@with_formats
def test_cosignatures_are_counted(peer, name):
    note = sign_checkpoint(Checkpoint(ORIGIN, 7, bytes(32)), signer=signer("log"))
    cosigned = cosigned_note(cosigned_note(note, "w.example", time_s=5), "v.example", time_s=6)
    keys = [vkey(ORIGIN), *(format_vkey(witness(one)) for one in ("w.example", "v.example"))]
    (answer,) = peer.ask([{"peer": name, "do": "checkpoint", "note": cosigned, "keys": keys}])
    assert (answer["times"], b64decode(answer["note"]), answer["keys"]) == ([5, 6], cosigned, keys)
    (missing,) = peer.ask([{"peer": name, "do": "checkpoint", "note": note, "keys": keys}])
    assert "quorum" in missing["error"]


@with_formats
def test_what_it_signs_is_read(peer, name):
    asked = {"origin": ORIGIN, "size": 300, "root": sha256(b"root").digest(), "witness": "w.example", "time": 9}
    seed = sha256(b"log").digest()
    (answer,) = peer.ask([{"peer": name, "do": "sign", "seed": seed, **asked}])
    note = parse_note(b64decode(answer["note"]))
    log, other = map(parse_vkey, answer["keys"])
    assert format_vkey(log) == vkey(ORIGIN)
    read = verify_checkpoint(note, origin=ORIGIN, public_key=log.public_key, verify=verify)
    assert read == Checkpoint(ORIGIN, 300, asked["root"])
    assert verify_cosignature(note, key=other, verify=verify) == 9
    own = sign_checkpoint(read, signer=signer("log"))
    assert b64decode(answer["note"]).startswith(own)


# --- receipts and exports -----------------------------------------------------------------------


@with_formats
def test_receipts_hold_as_a_whole(peer, name):
    log = small_log().handle
    questions = []
    for index in range(log.reader.size):
        proof = parse_tlog_proof(receipt_of(log, index))
        parts = {"entry": proof.extra, "index": index, "proof": list(proof.path), "note": proof.checkpoint}
        questions.append({"peer": name, "do": "receipt", "keys": [vkey(log.origin)], **parts})
    for question, answer in zip(questions, peer.ask(questions), strict=True):
        assert answer == {"size": log.reader.size, "hash": b64encode(record_hash(question["entry"])).decode()}
    wrong = [{**question, "index": question["index"] ^ 1} for question in questions]
    wrong += [{**question, "keys": [vkey(log.origin, "other")]} for question in questions]
    wrong += [{**question, "entry": question["entry"] + b"\0"} for question in questions]
    assert None not in peer.refusals(wrong)


@with_formats
def test_exports_are_audited(peer, name, tmp_path):
    """All of its tiles and bundles; and it sees what is changed in one of them."""
    rows = [i.to_bytes(3, "big") * (i % 5) for i in range(600)]
    with opened_directory(tmp_path) as target:
        export_tiles(ListSource(rows), target)
    question = {"peer": name, "do": "export", "directory": str(tmp_path), "keys": [vkey(ORIGIN)], "indexes": [0, 599]}
    (answer,) = peer.ask([question])
    assert answer == {"tiles": 4, "bundles": 3, "entries": [b64encode(rows[i]).decode() for i in (0, 599)]}
    for path in ("tile/0/001", "tile/1/000.p/2", "tile/entries/000"):
        assert changed_is_seen(peer, question, tmp_path / path), path
    assert peer.refusals([{**question, "keys": [vkey(ORIGIN, "other")]}]) != [None]


def changed_is_seen(peer, question, path: Path) -> bool:
    sound = path.read_bytes()
    path.write_bytes(sound[:-1] + bytes((sound[-1] ^ 1,)))
    (refusal,) = peer.refusals([question])
    path.write_bytes(sound)
    return refusal is not None

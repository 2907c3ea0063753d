"""Published vectors of RFC 6962, signed notes, checkpoints and tiles. They lie beside the project; skipped where absent."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest

from chainlog.digest import node_hash, record_hash
from chainlog.errors import ChainlogError, FormatError, SignatureError, VerificationError
from chainlog.record.keys import SecretKey, verify
from chainlog.tree.checkpoint import format_checkpoint, parse_checkpoint, verify_checkpoint
from chainlog.tree.cosignature import verify_cosignature
from chainlog.tree.merkle import EMPTY_ROOT, Frontier, check_consistency, root_from_inclusion, root_of
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
from chainlog.tree.tiles import TileAddress, full_tiles_completed, parse_tile_path, partial_tiles, tile_path

VECTORS = Path(__file__).parents[2] / ".." / "shared" / "vectors"

pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the published vectors lie beside the project, not in it")

# Every list of vectors, by file. Those with a reason are of something that isn't here.
LISTS = {
    "checkpoint-and-proof/checkpoint_proof.json": {"checkpoint", "tlog_proof_marshal", "tlog_proof_reject"},
    "cosignature-v1/cosignature_v1.json": {"keyid_only", "timestamp_only", "cases"},
    "rfc6962-and-tlog/rfc6962_tlog.json": {
        "hashes", "reference_tree", "leaf_n_tree", "tile_paths", "tiles_for_size", "stored_hash_index",
    },
    "signed-note/signed_note.json": {"valid", "sign", "malformed_for_peter", "bad_vkeys", "semantics"},
}  # fmt: skip
NOT_OURS = {
    "stored_hash_index": "the numbering of nodes in Go's own storage; ours stores tiles",
    "semantics": "sentences, which the tests of notes against Go's own implementation put to the test",
}


def load(name):
    return json.loads((VECTORS / name).read_text("utf-8"))


def verified(data, vkey):
    key = parse_vkey(vkey)
    assert key.signature_type == ED25519
    return verify_note(parse_note(data.encode()), name=key.name, public_key=key.public_key, verify=verify)


def test_no_vector_is_left_out():
    """Each list is read by a test here, or in the unit tests of the room that it is about."""
    found = {str(file.relative_to(VECTORS)) for file in VECTORS.rglob("*.json")}
    proofs = {one for one in found if one.startswith("transparency-dev-merkle/testdata/")}
    assert {one.split("/")[2] for one in proofs} == {"consistency", "inclusion"}
    assert found - proofs == LISTS.keys()
    lists = {name: {key for key, value in load(name).items() if isinstance(value, list | dict)} for name in LISTS}
    assert lists == LISTS
    root = Path(__file__).parents[1]
    places = ("vectors/test_public_tree.py", "unit/tree/test_cosignature.py", "unit/proof/test_tlog_proof.py")
    read = "".join((root / place).read_text("utf-8") for place in places)
    unread = {one for some in lists.values() for one in some if f'["{one}"]' not in read}
    assert unread == NOT_OURS.keys()


# --- RFC 6962 -----------------------------------------------------------------------------------


def test_hashes():
    hashes = {
        case["desc"]: case.get("hex") or b64decode(case["b64"]).hex()
        for case in load("rfc6962-and-tlog/rfc6962_tlog.json")["hashes"]
    }
    assert hashes == {
        "empty root": EMPTY_ROOT.hex(),
        "leaf(empty)": record_hash(b"").hex(),
        'leaf("L123456")': record_hash(b"L123456").hex(),
        'node("N123","N456")': node_hash(b"N123", b"N456").hex(),
        'leaf("hello world")': record_hash(b"hello world").hex(),
    }


def test_reference_trees():
    vectors = load("rfc6962-and-tlog/rfc6962_tlog.json")
    tree = vectors["reference_tree"]
    leaves = [record_hash(bytes.fromhex(one)) for one in tree["leaves_hex"]]
    assert [leaf.hex() for leaf in leaves] == tree["leaf_hashes_hex"]
    assert [root_of(leaves[:n]).hex() for n in range(9)] == tree["root_by_size_hex"]
    leaves = [record_hash(f"leaf {i}".encode()) for i in range(100)]
    assert root_of(leaves).hex() == vectors["leaf_n_tree"]["root100"]
    assert Frontier.empty().extend(leaves[:64]).root().hex() == vectors["leaf_n_tree"]["root64"]


def proof_cases(kind):
    files = sorted((VECTORS / "transparency-dev-merkle" / "testdata" / kind).rglob("*.json"))
    cases = [(str(file), json.loads(file.read_text("utf-8"))) for file in files]
    assert {case["wantErr"] for _, case in cases} == {True, False}
    return cases


def agrees(check, case):
    """None if the check ends as the vector says, else what is wrong."""
    try:
        check(case)
    except VerificationError:
        return None if case["wantErr"] else "refused"
    return "accepted" if case["wantErr"] else None


def check_inclusion_case(case):
    path = [b64decode(one) for one in case["proof"] or []]
    root = root_from_inclusion(b64decode(case["leafHash"]), path, index=case["leafIdx"], size=case["treeSize"])
    if root != b64decode(case["root"]):
        raise VerificationError("another root")


def check_consistency_case(case):
    check_consistency(
        [b64decode(one) for one in case["proof"] or []],
        old_size=case["size1"],
        old_root=b64decode(case["root1"]),
        new_size=case["size2"],
        new_root=b64decode(case["root2"]),
    )


def test_inclusion():
    cases = proof_cases("inclusion")
    assert {name: wrong for name, case in cases if (wrong := agrees(check_inclusion_case, case))} == {}


def test_consistency():
    cases = proof_cases("consistency")
    assert {name: wrong for name, case in cases if (wrong := agrees(check_consistency_case, case))} == {}


# --- tiles --------------------------------------------------------------------------------------


def test_tile_paths():
    for case in load("rfc6962-and-tlog/rfc6962_tlog.json")["tile_paths"]:
        assert tile_path(case["level"], case["n"], width=case["width"]) == case["path"]
        assert parse_tile_path(case["path"]) == TileAddress(case["level"], case["n"], case["width"])


def test_tiles_of_a_size():
    for size, levels in load("rfc6962-and-tlog/rfc6962_tlog.json")["tiles_for_size"].items():
        full = full_tiles_completed(old_size=0, new_size=int(size))
        partial = {tile.level: tile.width for tile in partial_tiles(int(size))}
        assert {
            case["level"]: (case["full"], case["partial_width"]) for case in levels
        } == {
            level: (sum(one == level for one, _ in full), partial.get(level, 0))
            for level in {*partial, *(one for one, _ in full)}
        }  # fmt: skip


# --- notes --------------------------------------------------------------------------------------


def test_valid_notes():
    for case in load("signed-note/signed_note.json")["valid"]:
        assert verified(case["note"], case["vkey"]) + "\n" == case["note"][: case["note"].rindex("\n\n") + 2]
        assert format_vkey(parse_vkey(case["vkey"])) == case["vkey"]
        assert format_note(parse_note(case["note"].encode())) == case["note"].encode()


def test_signing_gives_the_published_note():
    for case in load("signed-note/signed_note.json")["sign"]:
        _, _, name, identifier, encoded = case["skey"].split("+", 4)
        key = SecretKey.from_seed(b64decode(encoded)[1:])
        assert key_id(name, ED25519, key.public_key).hex() == identifier
        signature = NoteSignature(name, bytes.fromhex(identifier), key.sign(case["text"].encode()))
        assert format_note(SignedNote(case["text"], (signature,))) == case["want"].encode()


def test_malformed_notes():
    vectors = load("signed-note/signed_note.json")
    for note in vectors["malformed_for_peter"]:
        with pytest.raises(FormatError):
            parse_note(note.encode())
    with pytest.raises(FormatError):
        parse_note(b"\xff" + vectors["valid"][0]["note"].encode())
    for vkey in vectors["bad_vkeys"]:
        with pytest.raises(FormatError):
            parse_vkey(vkey)


def test_checkpoints_of_others():
    named_by_origin = 0
    for case in load("signed-note/signed_note.json")["valid"]:
        note, key = parse_note(case["note"].encode()), parse_vkey(case["vkey"])
        if note.text.count("\n") != 3:
            continue
        checkpoint = parse_checkpoint(note.text)
        assert format_checkpoint(checkpoint) == note.text
        if checkpoint.origin == key.name:
            named_by_origin += 1
            assert checkpoint == verify_checkpoint(note, origin=key.name, public_key=key.public_key, verify=verify)
    assert named_by_origin


def test_checkpoint_texts():
    # Those that a lenient reader accepts have a root of another length or empty lines; all are refused here.
    for case in load("checkpoint-and-proof/checkpoint_proof.json")["checkpoint"]:
        assert "spec_reject" in case or not case["formats_ok"]
        for foreign in (False, True):
            with pytest.raises(FormatError):
                parse_checkpoint(case["m"], foreign=foreign)


def test_cosigned_checkpoints_are_read():
    """Cosignatures themselves are checked elsewhere; here their lines and keys must be readable and be no log's."""
    vectors = load("cosignature-v1/cosignature_v1.json")
    for case in vectors["cases"]:
        if not case["valid"]:
            continue
        key, note = parse_vkey(case["vkey"]), parse_note(case["checkpoint"].encode())
        assert key.signature_type == COSIGNATURE
        line = next(one for one in note.signatures if one.name == key.name)
        assert line.key_id.hex() == case["key_id_hex"] == key_id(*key).hex()
        assert len(line.key_id + line.signature) == case["sig_len"]
        assert parse_checkpoint(note.text, foreign=True).size
        with pytest.raises(SignatureError):
            verify_note(note, name=key.name, public_key=key.public_key, verify=verify)
    for case in vectors["keyid_only"]:
        try:
            assert parse_vkey(case["vkey"]).signature_type == case["type"]
        except ChainlogError as error:
            pytest.fail(str(error))


def test_times_of_cosignatures():
    """The key of these isn't published, so the line is given to another, whose signature nobody looks at."""
    key = VerifierKey("witness.example", COSIGNATURE, bytes(32))
    outcomes = []
    for case in load("cosignature-v1/cosignature_v1.json")["timestamp_only"]:
        line = NoteSignature(key.name, key_id(*key), b64decode(case["base64"])[4:])
        try:
            found = verify_cosignature(SignedNote("any\n", (line,)), key=key, verify=lambda *_: None)
        except SignatureError:
            assert "error" in case
            outcomes.append(False)
        else:
            assert found == case["unix"]
            outcomes.append(True)
    assert outcomes == [True, False]

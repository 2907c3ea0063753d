"""Every file of schemas/vectors against the package."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chainlog import digest
from chainlog.authority.admit import admit
from chainlog.authority.state import ViewAuthority
from chainlog.canon import codec
from chainlog.canon.text import check_text
from chainlog.errors import BundleError, ChainlogError, FormatError, SealError
from chainlog.event.compose import compose
from chainlog.event.jsonform import from_json, to_json
from chainlog.event.model import check_event
from chainlog.event.subject import check_subject, fold
from chainlog.log.drafting import whole_of
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.conflict import check_conflict
from chainlog.proof.false_map import check_false_map
from chainlog.proof.pin import decode_pin
from chainlog.proof.receipt import check_receipt
from chainlog.record import keyfile, keys
from chainlog.record.draft import decode_draft
from chainlog.record.keyfile_format import parse_key_file
from chainlog.record.record import check_record
from chainlog.record.seal import Opening, check_opening
from chainlog.record.statement import EnrolStatement, EventStatement
from chainlog.tree.batch import check_batch_inclusion
from chainlog.tree.checkpoint import verify_checkpoint
from chainlog.tree.merkle import Frontier, check_consistency, check_inclusion
from chainlog.tree.note import parse_note, parse_vkey
from tests import section14
from tests.json_schema import problems
from tests.section14_slots import Rows
from tools import map_reference
from tools.fixed_log import Growing

FOLDER = Path(__file__).resolve().parents[2] / "schemas" / "vectors"
FAMILIES = sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != "schema")
OFFSET = 480

Case = dict[str, Any]
Check = Callable[[Case, dict[str, Any]], None]


@cache
def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def plain(value: Any) -> Any:
    """A decoded value as the files show it."""
    if isinstance(value, bytes):
        return {"$bin": value.hex()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def unplain(value: Any) -> Any:
    return bytes.fromhex(value["$bin"]) if isinstance(value, dict) else value


# --- one function a family: it raises ChainlogError for what is refused, and asserts what is accepted ----------


def canonical(case: Case, _: Any) -> None:
    value = codec.decode(bytes.fromhex(case["bytes"]))
    assert plain(value) == case["value"]
    assert codec.encode(value).hex() == case["bytes"]


def text(case: Case, _: Any) -> None:
    check_text("".join(chr(int(point, 16)) for point in case["code_points"]), multiline=case["multiline"])


def folded(case: Case, _: Any) -> None:
    if "text" in case:
        assert fold(case["text"]) == case["folded"] == fold(case["folded"])
    else:
        check_subject(case["subject"], path="$")


def event(case: Case, _: Any) -> None:
    encoded = bytes.fromhex(case["event"])
    checked = check_event(encoded)
    assert digest.event_hash(encoded).hex() == case["event_hash"]
    assert (checked.kind is None) == (case.get("code") == "unknown-kind")
    if "json" in case:
        assert to_json(checked.event, offset_minutes=OFFSET) == case["json"]
        stated = from_json(case["json"], offset_minutes=OFFSET, log_id=bytes(32))
        assert (
            compose(stated.pop("kind"), **{**stated, "expires_at_us": stated["expires_at_us"] or 0}).encoded == encoded
        )


def record(case: Case, _: Any) -> None:
    checked = check_record(bytes.fromhex(case["record"]))
    assert checked.record_hash.hex() == case["record_hash"]
    found = checked.record
    shown = {
        "index": found.index, "recorded_at_us": found.recorded_at_us, "prev_hash": found.prev_hash.hex(),
        "base": [found.base[0], found.base[1].hex()], "links": [[a, b, c.hex()] for a, b, c in found.links],
        "event": found.event.hex(), "signatures": [[a, b.hex(), c, d.hex()] for a, b, c, d in found.signatures],
    }  # fmt: skip
    assert {name: case.get(name, value) for name, value in shown.items()} == shown


def signature(case: Case, _: Any) -> None:
    public_key, signed = bytes.fromhex(case["public_key"]), bytes.fromhex(case["signature"])
    if "may_be_enrolled" in case:
        try:
            keys.check_public_key(public_key)
            passed = True
        except ChainlogError:
            passed = False
        assert passed == case["may_be_enrolled"]
    if "message" in case:
        keys.verify(public_key, bytes.fromhex(case["message"]), signed)
        return
    log_id = bytes.fromhex(case["log_id"])
    statement: EnrolStatement | EventStatement
    if case["purpose"] == "enrol":
        statement = EnrolStatement(log_id, case["person"], case["alg"], public_key)
    else:
        base = (case["base"][0], bytes.fromhex(case["base"][1]))
        statement = EventStatement(log_id, *base, case["role"], case["signed_at_us"], bytes.fromhex(case["event"]))
    assert statement.encoded().hex() == case["statement"]
    assert keys.SecretKey.from_seed(bytes.fromhex(case["seed"])).sign(statement.encoded()) == signed
    keys.verify(public_key, statement.encoded(), signed)


def draft(case: Case, _: Any) -> None:
    made = decode_draft(bytes.fromhex(case["draft"]))
    assert made.encoded().hex() == case["draft"]
    made.verify_signatures()
    assert [[want.role, want.person, want.missing] for want in made.wanted()] == case["wanted"]


def key_file(case: Case, _: Any) -> None:
    content = case["file"].encode()
    if "form" in case["flags"]:
        parse_key_file(content, name="file")
        return
    path = FOLDER_OF_KEYS / f"{case['id']}.key"
    path.write_bytes(content)
    path.chmod(0o600)
    load_key = keyfile.load_reader if case.get("purpose") == "read" else keyfile.load
    opened = load_key(path, passphrase=case["passphrase"])
    assert (opened.reveal_seed().hex(), opened.public_key.hex()) == (case["seed"], case["public_key"])
    assert keyfile.read_public(path)[1:] == (case["purpose"], case["label"])


def tree(case: Case, _: Any) -> None:
    root = bytes.fromhex(case["root"])
    path = [bytes.fromhex(one) for one in case.get("path", [])]
    if "frontier" in case:
        grown = Frontier.empty().extend(digest.record_hash(b"%d" % n) for n in range(case["size"]))
        assert ([one.hex() for one in grown.roots], grown.root()) == (case["frontier"], root)
    elif "leaf" in case:
        check_inclusion(bytes.fromhex(case["leaf"]), path, index=case["index"], size=case["size"], root=root)
    else:
        new_root = bytes.fromhex(case["new_root"])
        check_consistency(path, old_size=case["size"], old_root=root, new_size=case["new_size"], new_root=new_root)


def checkpoint(case: Case, document: Any) -> None:
    try:
        note = parse_note(case["note"].encode())
    except ChainlogError as error:
        # The package names what isn't a note at all more precisely than the files do.
        raise Refused("checkpoint") from error
    public_key = bytes.fromhex(document["public_key"])
    found = verify_checkpoint(note, origin=document["origin"], public_key=public_key, verify=keys.verify)
    assert (found.size, found.root.hex()) == (case["size"], case["root"])


def batch(case: Case, _: Any) -> None:
    leaves = [(index, bytes.fromhex(leaf)) for index, leaf in case["leaves"]]
    path = [bytes.fromhex(one) for one in case["path"]]
    check_batch_inclusion(leaves, path, size=case["size"], root=bytes.fromhex(case["root"]))


def receipt(case: Case, document: Any) -> None:
    known: dict[str, dict[str, Any]] = {
        "key": {"log_key": bytes.fromhex(document["public_key"])},
        "genesis": {"genesis": bytes.fromhex(document["genesis"])},
        "witness": {"witnesses": [parse_vkey(document["witness"])]},
        "alone": {},
    }
    log_id = bytes.fromhex(document["log_id"])
    found = check_receipt(case["receipt"].encode(), log_id=log_id, **known[case["flags"][0]])
    assert (found.trust, found.index, found.checkpoint.size) == (case["trust"], case["index"], case["size"])


def pin(case: Case, _: Any) -> None:
    data = bytes.fromhex(case["pin"])
    found = decode_pin(data)
    assert found.encoded() == data
    assert (found.log_id.hex(), found.checkpoint.size) == (case["log_id"], case["size"])


def conflict(case: Case, document: Any) -> None:
    data, key = bytes.fromhex(case["conflict"]), bytes.fromhex(document["public_key"])
    found = check_conflict(data, log_id=bytes.fromhex(document["log_id"]), log_keys=[key])
    assert found.encoded() == data
    assert (found.kind, found.proved, found.keys_known) == (case["kind"], case["proved"], case["keys_known"])


def falsemap(case: Case, document: Any) -> None:
    data, key = bytes.fromhex(case["false_map"]), bytes.fromhex(document["public_key"])
    found = check_false_map(data, log_id=bytes.fromhex(document["log_id"]), log_keys=[key])
    assert found.keys_known == case["keys_known"]


def bundle(case: Case, document: Any) -> None:
    log_id = None if case["log_id"] is None else bytes.fromhex(case["log_id"])
    try:
        found = check_bundle(bundle_bytes(case, document), log_id=log_id)
    except (BundleError, FormatError) as error:
        assert error.fields.get("finding", "malformed") == case.get("finding"), error
        raise
    remarks = [[one.code, one.index] for one in found.remarks]
    assert [found.authenticity, found.completeness, found.complete_to, remarks] == [
        case["authenticity"], case["completeness"], case["complete_to"], case["remarks"],
    ]  # fmt: skip


def bundle_bytes(case: Case, document: Any) -> bytes:
    """The file of a case, which may be stated by what differs from that of another."""
    if ":" not in case["bundle"]:
        return bytes.fromhex(case["bundle"])
    number, start, stop, changed = case["bundle"].split(":")
    (other,) = [one for one in document["cases"] if one["id"] == int(number)]
    data = bundle_bytes(other, document)
    return data[: int(start)] + bytes.fromhex(changed) + data[int(stop) :]


def completeness_map(case: Case, document: Any) -> None:
    log_id = bytes.fromhex(document["log_id"])
    if "heads" in case:
        heads = [(subject, count, bytes.fromhex(last)) for subject, count, last in case["heads"]]
        entries = map_reference.entries_of(log_id, heads)
        assert map_reference.tree(entries).hex() == case["map_root"]
        return
    path = map_reference.path_of(log_id, case["subject"])
    if "path" in case:
        assert path.hex() == case["path"]
        return
    entry = map_reference.Entry(path, case["count"], bytes.fromhex(case["last_hash"])) if "count" in case else None
    wrong = map_reference.verify(
        bytes.fromhex(case["proof"]), root=bytes.fromhex(case["map_root"]), path=path, entry=entry
    )
    if wrong:
        raise Refused(None)


def digests(case: Case, document: Any) -> None:
    log_id = bytes.fromhex(document["log_id"])
    if "commitment" in case:
        opening = Opening(bytes.fromhex(case["salt"]), case["text"])
        fields = {
            "log_id": log_id,
            "event_id": bytes.fromhex(case["event_id"]),
            "path": case["path"],
            "opening": opening,
        }
        assert check_opening(bytes.fromhex(case["commitment"]), **fields) == case["text"]
    elif "carriers" in case:
        assert whole_of(case["carriers"]).hex() == case["digest"]
    elif "row" in case:
        assert digest.import_id(log_id, codec.encode([unplain(part) for part in case["row"]])).hex() == case["event_id"]
    else:
        hashed = {"00": digest.record_hash, "03": digest.event_hash, "": digest.file_digest}[case["prefix"]]
        assert hashed(bytes.fromhex(case["bytes"])).hex() == case["hash"]


def admission(case: Case, document: Any) -> None:
    log = Growing(bytes.fromhex(data) for data in document["logs"][case["log"]])
    checked = check_record(bytes.fromhex(case["record"]))
    found = admit(checked, ViewAuthority(log), log, log_id=log.id, verify=keys.verify)
    assert sorted({problem.code for problem in found}) == case["codes"], [problem.detail for problem in found]
    if found:
        raise Refused(None)


def whole_log(case: Case, document: Any) -> None:
    base = [bytes.fromhex(data) for data in document["base"]["records"]]
    slots = [base[slot] if isinstance(slot, int) else slot and bytes.fromhex(slot) for slot in case["records"]]
    left = {"left", "head"} & set(case["flags"])
    report = section14.verify(
        slots, bytes.fromhex(case["head"]), bytes.fromhex(case["log_id"]), rows_of(base if left else slots)
    )
    assert sorted(map(list, report.findings), key=in_order) == case["findings"]
    assert report.integrity == case["integrity"]
    if report.findings:
        raise Refused(None)


def in_order(finding: Any) -> tuple[bool, int, str]:
    return (finding[1] is None, finding[1] or 0, finding[0])


def rows_of(slots: list[bytes | None]) -> Rows:
    """The table `subjects` of the records that can be decoded."""
    log = Growing(b"" if data is None else data for data in slots)
    return {subject: (head.count, head.index, head.record_hash) for subject, head in log.heads().items()}


class Refused(Exception):
    """What the package has no error of its own for. Its code is checked only if there is one."""

    def __init__(self, code: str | None) -> None:
        super().__init__()
        self.known = code


CHECKS: dict[str, Check] = {
    "canonical": canonical, "text": text, "fold": folded, "event": event, "record": record, "signature": signature, "draft": draft,
    "keyfile": key_file, "tree": tree, "checkpoint": checkpoint, "map": completeness_map, "digest": digests, "admit": admission,
    "log": whole_log, "batch": batch, "receipt": receipt, "pin": pin, "conflict": conflict, "falsemap": falsemap,
    "bundle": bundle,
}  # fmt: skip
INTEGRITY = {
    "not-folded": "not-folded",
    "subjects-mismatch": "subjects-mismatch",
    "unknown-version": "version-regression",
}
FOLDER_OF_KEYS = Path()


def disagreements(family: str, cases: list[Case]) -> list[str]:
    document = load(family)
    found = []
    for case in cases:
        name = f"{family} {case['id']} ({case['comment']})"
        try:
            CHECKS[family](case, document)
            outcome, code = "valid", None
        except Refused as error:
            outcome, code = "invalid", error.known
        except ChainlogError as error:
            outcome, code = "invalid", error.code
        except AssertionError as error:
            found.append(f"{name}: {error}")
            continue
        if outcome != case["result"]:
            found.append(f"{name}: {outcome}, {code}")
        elif code is not None and "error" in case and code != case["error"]:
            found.append(f"{name}: {code} instead of {case['error']}")
        elif (
            code is not None
            and "code" in case
            and family in ("event", "record", "text")
            and INTEGRITY.get(code, "malformed") != case["code"]
        ):
            found.append(f"{name}: {code} is not {case['code']}")
    return found


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FOLDER_OF_KEYS", tmp_path)


def test_there_is_a_check_for_every_file():
    assert sorted(CHECKS) == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_the_package_agrees_with_every_case(family: str):
    assert disagreements(family, load(family)["cases"]) == []


@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in ("keyfile", "log")])
def test_the_harness_notices_a_case_turned_round(family: str):
    first = {
        result: next((c for c in load(family)["cases"] if c["result"] == result), None)
        for result in ("valid", "invalid")
    }
    other = {"valid": "invalid", "invalid": "valid"}
    turned = [{**case, "result": other[result]} for result, case in first.items() if case is not None]
    assert len(disagreements(family, turned)) == len(turned) > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_file_fits_its_schema(family: str):
    alternatives = load("schema")["oneOf"]
    schema = next(one for one in alternatives if one["properties"]["family"]["const"] == family)
    events = json.loads((FOLDER.parent / "event" / "event.json").read_text("utf-8"))
    assert list(problems(load(family), schema, files={"../event/event.json": events})) == []


def test_the_schema_of_events_is_not_empty_words():
    events = json.loads((FOLDER.parent / "event" / "event.json").read_text("utf-8"))
    good = next(case["json"] for case in load("event")["cases"] if "json" in case)
    for wrong in (
        {**good, "kind": "nonsense"}, {**good, "body": {**good["body"], "unknown": 1}}, {**good, "body": {}}, {**good, "id": "x"},
        {**good, "subjects": ["c"]}, {**good, "people": [["nobody", "p/1", 1]]}, {key: good[key] for key in good if key != "refs"},
    ):  # fmt: skip
        assert list(problems(wrong, events, files={})) != []


def test_ids_count_from_one_and_comments_are_there():
    for family in FAMILIES:
        cases = load(family)["cases"]
        assert [case["id"] for case in cases] == list(range(1, len(cases) + 1))
        assert all(case["comment"] for case in cases)
        assert {case["result"] for case in cases} <= {"valid", "invalid"}


def test_sealed_texts_of_another_length_are_others():
    case = next(case for case in load("digest")["cases"] if "commitment" in case and case["result"] == "valid")
    log_id = bytes.fromhex(load("digest")["log_id"])
    # The length of the path is hashed: moving a character between path and salt gives another commitment.
    opening = Opening(bytes.fromhex(case["salt"]), case["text"])
    with pytest.raises(SealError):
        check_opening(
            bytes.fromhex(case["commitment"]), log_id=log_id, event_id=bytes.fromhex(case["event_id"]), path=case["path"][:-1],
            opening=opening,
        )  # fmt: skip

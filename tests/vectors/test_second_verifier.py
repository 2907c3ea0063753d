"""The independent verifier tools/verify_log.py against the vectors; nothing of the package is imported here."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import lmdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
VECTORS = Path(os.environ.get("CHAINLOG_VECTORS", ROOT / "schemas" / "vectors"))


def load_verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("second_verifier", ROOT / "tools" / "verify_log.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


v = load_verifier()


def family(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['id']}") for case in family(name)["cases"]]


def code_of(function: Any, *arguments: Any) -> str:
    try:
        function(*arguments)
    except v.Bad as bad:
        return str(bad.code)
    return ""


def plain(value: Any) -> Any:
    """The value as the vectors write it: bytes as {"$bin": hexadecimal}."""
    if isinstance(value, bytes):
        return {"$bin": value.hex()}
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    return value


def packed(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"$bin"}:
        return bytes.fromhex(value["$bin"])
    return value


class Memory:
    """Tables as the verifier reads them, without a file."""

    def __init__(self, tables: dict[str, dict[bytes, bytes]]) -> None:
        self.tables, self.faults = tables, []
        self.data = b"".join(row for rows in tables.values() for row in rows.values())
        self.starts, start = {}, 0
        for name, rows in tables.items():
            for key, row in rows.items():
                self.starts[name, key] = start
                start += len(row)

    def rows(self, name: str) -> Iterator[tuple[bytes, int, int]]:
        for key, row in sorted(self.tables.get(name, {}).items()):
            yield key, self.starts[name, key], len(row)

    def is_there(self, name: str) -> bool:
        return name in self.tables

    def table(self, name: str) -> dict[bytes, bytes]:
        return self.tables.get(name, {})


@pytest.mark.parametrize("case", cases("canonical"))
def test_canonical(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["bytes"])
    assert (code_of(v.decode, data) == "") == (case["result"] == "valid")
    if case["result"] == "valid":
        value = v.decode(data)
        assert v.encode(value) == data
        if "value" in case:
            assert json.dumps(plain(value), sort_keys=True) == json.dumps(case["value"], sort_keys=True)


@pytest.mark.parametrize("case", cases("text"))
def test_text(case: dict[str, Any]) -> None:
    text = "".join(chr(int(point, 16)) for point in case["code_points"])
    assert v.is_text(text, case["multiline"]) == (case["result"] == "valid")


@pytest.mark.parametrize("case", cases("fold"))
def test_fold(case: dict[str, Any]) -> None:
    if "subject" in case:
        assert v.subject_fault(case["subject"]) == case.get("code", "")
    else:
        assert v.fold(case["text"]) == case["folded"] == v.fold(case["folded"])


@pytest.mark.parametrize("case", cases("event"))
def test_event(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["event"])
    if case["result"] == "invalid":
        assert code_of(v.parse_event, raw) == case["code"]
        return
    event = v.parse_event(raw)
    assert v.hashed(3, raw).hex() == case["event_hash"]
    assert (event.spec is None) == (case.get("code") == "unknown-kind")


@pytest.mark.parametrize("case", cases("record"))
def test_record(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["record"])
    if case["result"] == "invalid":
        assert code_of(v.parse_record, raw) == case["code"]
        return
    record = v.parse_record(raw)
    assert record.hash.hex() == case["record_hash"]
    if "index" in case:
        assert [record.index, record.time, record.prev.hex()] == [
            case["index"],
            case["recorded_at_us"],
            case["prev_hash"],
        ]
        assert [record.base[0], record.base[1].hex()] == case["base"]
        assert [[*link[:2], link[2].hex()] for link in record.links] == case["links"]
        assert record.event.raw.hex() == case["event"]
        assert v.stated_by(raw) == (record.index, record.time, record.prev)


@pytest.mark.parametrize("case", cases("signature"))
def test_signature(case: dict[str, Any]) -> None:
    key, signature = bytes.fromhex(case["public_key"]), bytes.fromhex(case["signature"])
    if "purpose" in case:
        log_id = bytes.fromhex(case["log_id"])
        if case["purpose"] == "event":
            base = [case["base"][0], bytes.fromhex(case["base"][1])]
            message = v.event_statement(log_id, base, case["role"], case["signed_at_us"], bytes.fromhex(case["event"]))
        else:
            message = v.enrol_statement(log_id, case["person"], key)
        assert message.hex() == case["statement"]
        assert v.verifies(key, message, signature)
        return
    assert v.verifies(key, bytes.fromhex(case["message"]), signature) == (case["result"] == "valid")
    if "may_be_enrolled" in case:
        assert v.is_fit_key(key) == case["may_be_enrolled"]


@pytest.mark.parametrize("case", cases("digest"))
def test_digest(case: dict[str, Any]) -> None:
    log_id = bytes.fromhex(family("digest")["log_id"])
    flag = case["flags"][0]
    if flag == "sealed":
        path, text = case["path"].encode(), case["text"].encode()
        event_id, salt = bytes.fromhex(case["event_id"]), bytes.fromhex(case["salt"])
        digest = v.hashed(2, log_id + event_id + len(path).to_bytes(2, "big") + path + salt + text)
        assert (digest.hex() == case["commitment"]) == (case["result"] == "valid")
    elif flag == "list":
        carriers = sorted(case["carriers"], key=v.encode)
        assert v.hashed(8, v.encode(carriers)).hex() == case["digest"]
    elif flag == "id":
        row = [packed(cell) for cell in case["row"]]
        assert v.hashed(9, log_id + v.encode(row))[:16].hex() == case["event_id"]
    else:
        prefix, data = bytes.fromhex(case["prefix"]), bytes.fromhex(case["bytes"])
        digest = v.hashed(prefix[0], data) if prefix else hashlib.sha256(data).digest()
        assert digest.hex() == case["hash"]


@pytest.mark.parametrize("case", [c for c in cases("tree") if c.values[0]["flags"] == ["root"]])
def test_tree(case: dict[str, Any]) -> None:
    tree = v.tree_of([v.hashed(0, str(index).encode()) for index in range(case["size"])])
    assert tree.root().hex() == case["root"]
    assert [node.hex() for node in tree.frontier] == case["frontier"]


@pytest.mark.parametrize("case", cases("checkpoint"))
def test_checkpoint(case: dict[str, Any]) -> None:
    document = family("checkpoint")
    try:
        point = v.parse_checkpoint(case["note"].encode())
        fault = v.checkpoint_fault(point, document["origin"], bytes.fromhex(document["public_key"]))
    except v.Bad as bad:
        fault = bad.detail
    assert (fault == "") == (case["result"] == "valid"), fault
    if case["result"] == "valid":
        assert [point.size, point.root.hex()] == [case["size"], case["root"]]


@pytest.mark.parametrize("case", cases("admit"))
def test_admit(case: dict[str, Any]) -> None:
    """The record as the next one of a log: steps 11 to 17, with nothing that could explain a difference."""
    rows = [bytes.fromhex(record) for record in family("admit")["logs"][case["log"]]]
    raw, size = bytes.fromhex(case["record"]), len(rows)
    try:
        record = v.parse_record(raw)
    except v.Bad as bad:
        assert case["codes"] == [bad.code]
        return
    report = v.Report()
    log = v.Log(Memory({"records": {index.to_bytes(8, "big"): row for index, row in enumerate(rows)}}), report)
    judge = v.Judge(log, report, v.hashed(0, (rows or [raw])[0]))
    judge.run()
    assert not [finding for finding in report.findings if finding.code not in v.REMARKS]
    codes = {"reordered"} if record.index != size else set()
    if record.prev != (v.hashed(0, rows[-1]) if rows else v.ZEROS):
        codes.add("altered")
    judge.q = v.MAX_INT
    codes |= {finding.code for finding in judge.examine(size, record).findings}
    assert sorted(codes) == sorted(case["codes"])


def tables_of(case: dict[str, Any], base: dict[str, Any]) -> dict[str, dict[bytes, bytes]]:
    """The tables of a log as the family describes them."""
    originals = [bytes.fromhex(row) for row in base["records"]]
    rows = {
        index.to_bytes(8, "big"): originals[row] if isinstance(row, int) else bytes.fromhex(row)
        for index, row in enumerate(case["records"])
        if row is not None
    }
    head = bytes.fromhex(case["head"])
    last = b""
    if head:
        size, last_hash = v.decode(head)[:2]
        last = size.to_bytes(8, "big") + last_hash
    kept = set(case["flags"]) & {"left", "head"}
    subjects: dict[bytes, bytes] = {}
    ids: dict[bytes, bytes] = {}
    for index, raw in enumerate(originals) if kept else [(int.from_bytes(k, "big"), r) for k, r in rows.items()]:
        try:
            event = v.parse_record(raw).event
        except v.Bad:
            continue
        ids.setdefault(event.id, index.to_bytes(8, "big"))
        for subject in event.subjects:
            count = int.from_bytes(subjects.get(subject.encode(), bytes(8))[:8], "big") + 1
            subjects[subject.encode()] = count.to_bytes(8, "big") + index.to_bytes(8, "big") + v.hashed(0, raw)
    return {
        "records": rows,
        "subjects": subjects,
        "ids": ids,
        "head": {b"last": last, b"head": head},
        "meta": {b"format": b"1"},
        "tiles": {},
        "checkpoints": {},
    }


@pytest.mark.parametrize("case", cases("log"))
def test_log(case: dict[str, Any]) -> None:
    report = v.Report()
    database = Memory(tables_of(case, family("log")["base"]))
    answer = v.verify_database(database, report, bytes.fromhex(case["log_id"]), [])
    found = {(finding.code, finding.index) for finding in report.findings}
    assert found == {(code, index) for code, index in case["findings"]}, report.findings
    assert answer["integrity"] == case["integrity"]


def written(folder: Path, tables: dict[str, dict[bytes, bytes]]) -> Path:
    """The log as a file; returns that of the database."""
    (folder / "truth").mkdir(parents=True)
    with lmdb.open(str(folder / "truth"), max_dbs=8, sync=False) as env:
        for name in ("records", "subjects", "ids", "tiles", "head", "checkpoints", "meta"):
            database = env.open_db(name.encode())
            with env.begin(write=True) as txn:
                for key, value in tables.get(name, {}).items():
                    txn.put(key, value, db=database)
    return folder / "truth" / "data.mdb"


def intact_case() -> dict[str, Any]:
    case: dict[str, Any] = next(case for case in family("log")["cases"] if case["flags"] == ["intact"])
    return case


def test_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = intact_case()
    tables = tables_of(case, family("log")["base"])
    written(tmp_path, tables)
    note = tmp_path / "head.note"
    note.write_bytes(v.decode(tables["head"][b"head"])[3])
    status = v.main([str(tmp_path), "--log-id", case["log_id"], "--checkpoint", str(note), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (status, answer["integrity"], answer["trust"], answer["findings"]) == (0, "intact", "pinned", [])
    assert "truncation" not in [entry["what"] for entry in answer["not_checked"]]
    note.write_bytes(v.decode(tables["head"][b"head"])[3].replace(b"draft.", b"draft.other-"))
    with pytest.raises(SystemExit, match="2"):
        v.main([str(tmp_path), "--log-id", case["log_id"], "--checkpoint", str(note)])
    assert v.main([str(tmp_path), "--log-id", "00" * 32]) == 1
    assert "wrong-log" in capsys.readouterr().out
    kept = tmp_path / "log-id"
    kept.write_text(f"{case['log_id']}\nwritten down when the log was made\n", encoding="utf-8")
    assert v.main([str(tmp_path), "--log-id", str(kept), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trust"] == "pinned"
    kept.write_text("00" * 32, encoding="utf-8")
    assert v.main([str(tmp_path), "--log-id", str(kept)]) == 1
    assert "wrong-log" in capsys.readouterr().out
    for wrong in (str(note), str(tmp_path / "none"), str(tmp_path), case["log_id"][:-1]):
        with pytest.raises(SystemExit, match="2"):
            v.main([str(tmp_path), "--log-id", wrong])
        assert "a log id is 64" in capsys.readouterr().err
    del tables["records"][max(tables["records"])]
    written(tmp_path / "shorter", tables)
    assert v.main([str(tmp_path / "shorter"), "--log-id", case["log_id"], "--json"]) == 1
    assert [entry["code"] for entry in json.loads(capsys.readouterr().out)["findings"]] == ["truncated"]


def test_damaged_files(tmp_path: Path) -> None:
    """Whatever stands in the file, there is an answer; a page that is lost is said so, and the rest is judged."""
    case = intact_case()
    path = written(tmp_path, tables_of(case, family("log")["base"]))
    whole, log_id, generator = path.read_bytes(), bytes.fromhex(case["log_id"]), random.Random(1)
    pages = range(2, len(whole) // 4096)
    for number in pages:
        path.write_bytes(whole[: number * 4096] + bytes(4096) + whole[(number + 1) * 4096 :])
        report, answer = v.verify_log(str(tmp_path), log_id, [])
        if report.findings:
            assert {"page-corrupt", "unreadable"} & {finding.code for finding in report.findings}
            assert answer["integrity"] in ("broken", "unreadable")
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(generator.choice((1, 3, 30))):
            damaged[generator.randrange(len(whole))] ^= 1 << generator.randrange(8)
            damaged[generator.choice(pages) * 4096 + generator.randrange(40)] = generator.randrange(256)
        path.write_bytes(damaged[: generator.choice((len(whole), generator.randrange(len(whole))))])
        report, answer = v.verify_log(str(tmp_path), log_id, [])
        assert (answer["integrity"] == "intact") <= ({finding.code for finding in report.findings} <= v.REMARKS)
    path.write_bytes(b"")
    assert v.verify_log(str(tmp_path), log_id, [])[1]["integrity"] == "unreadable"
    path.unlink()
    report, answer = v.verify_log(str(tmp_path), log_id, [])
    assert ([finding.code for finding in report.findings], answer["integrity"]) == (["unreadable"], "unreadable")


def test_moved_rows() -> None:
    """Step 6 on long runs: several records taken out, put in and exchanged."""
    base = family("log")["base"]
    rows = [bytes.fromhex(row) for row in base["records"]]
    log_id = v.hashed(0, rows[0])

    def found(*changed: bytes) -> list[tuple[str, int]]:
        tables = {"records": {index.to_bytes(8, "big"): row for index, row in enumerate(changed)}}
        report = v.Report()
        v.verify_database(Memory(tables), report, log_id, [])
        order = [finding for finding in report.findings if finding.code != "index-mismatch"]
        return [(finding.code, finding.index) for finding in order if finding.index is not None]

    assert found(*rows) == []
    assert found(*rows[:3], *rows[5:]) == [("missing", 3)]
    assert found(*rows[:4], rows[6], rows[4], rows[5], *rows[7:]) == [("reordered", 4)]
    assert found(*rows[:4], rows[3], *rows[4:]) == [("duplicate", 4)]
    assert found(*rows[:4], b"junk", *rows[4:]) == [("malformed", 4)]
    for states in (0, 3, 4, 5, len(rows) - 1, len(rows), len(rows) + 1):
        # A record of another log, which says that it stands elsewhere.
        stranger = v.decode(rows[5])
        event = v.decode(stranger[6])
        event[1] = bytes(16)
        stranger = v.encode([1, states, *stranger[2:6], v.encode(event), stranger[7]])
        assert found(*rows[:4], stranger, *rows[4:]) == [("foreign-data", 4)], states
        assert found(*rows[:-1], stranger, rows[-1])[0] == ("foreign-data", len(rows) - 1), states


def in_short(text: str) -> str:
    """A type of appendix A in the notation of the verifier's tables: without Chinese words and typography."""
    text = text.replace("\\|", "/")
    choice = r"one of ((?:`[^`]+`[^`;\]]*?(?: · )?)+)(?=;|\]|$)"
    text = re.sub(choice, lambda match: "one of " + " ".join(re.findall("`([^`]+)`", match[1])), text)
    text = text.replace("`", "").replace("\N{EN DASH}", "-").strip()
    return re.sub(r"\](\d+) (\d+)", r"]\1-\2", text)


def test_appendix_a() -> None:
    document = (ROOT / "schemas" / "FORMAT.md").read_text(encoding="utf-8")

    def rows(name: str) -> list[list[str]]:
        block = document.split(f"<!-- gen:{name} -->")[1].split("<!-- /gen -->")[0]
        lines = [line for line in block.splitlines() if line.startswith("|") and not line.startswith("| ---")]
        cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
        return [row for row in cells if row[0] not in ("kind", "type", "field", "role")]

    types = {in_short(name): in_short(f"one of {of}" if of.startswith("`") else of) for name, of in rows("types")}
    table = dict(line.split(" = ") for line in v.table_lines(v.TYPE_TABLE))
    assert table == {name: types[name].replace("map: ", "map ") for name in table}
    assert types.keys() - table.keys() == {*v.PLAIN, "C", "D", "L", "P", "U", "W", "P/U", "U/W/D/L", "subject"} - {
        "Note"
    }
    common = [f"{in_short(name)} {in_short(of)}" for name, of in rows("common")]
    assert v.table_lines(v.COMMON) == ["; ".join(common)]
    kinds = []
    for kind, fields, subjects, _signs, moves in rows("kinds"):
        row = subjects.replace("`", "").replace("*or*", "or")
        moved = in_short(moves)
        kinds.append(
            f"{kind.split('`')[1]} | {row} | {moved} | {'' if fields == 'none' else in_short(fields)}".rstrip()
        )
    assert kinds == [line for line in v.table_lines(v.KIND_TABLE) if line != "registry"]
    ordinary = document.split("(registry)")[0].split("### A.3")[1]
    assert {kind for kind, spec in v.KINDS.items() if not spec.registry} == set(
        re.findall(r"(?m)^\| `([^`]+)`", ordinary)
    )
    assert {role.strip("`") for role, *_ in rows("roles")} == v.ROLES

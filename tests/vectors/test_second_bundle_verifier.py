"""The independent verifier tools/verify_bundle.py against the vectors; nothing of the package is imported here."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import random
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
VECTORS = Path(os.environ.get("CHAINLOG_VECTORS", ROOT / "schemas" / "vectors"))
TOOL = ROOT / "tools" / "verify_bundle.py"


def load_verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("second_bundle_verifier", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


v = load_verifier()


@cache
def family(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['id']}") for case in family(name)["cases"]]


@cache
def bundles() -> dict[int, bytes]:
    """The bytes of every case: in hexadecimal, or as `id:start:stop:hexadecimal`, a change to those of another."""
    found: dict[int, bytes] = {}
    for case in family("bundle")["cases"]:
        of, *change = case["bundle"].split(":")
        if change:
            start, stop = int(change[0]), int(change[1])
            whole = found[int(of)]
            found[case["id"]] = whole[:start] + bytes.fromhex(change[2]) + whole[stop:]
        else:
            found[case["id"]] = bytes.fromhex(of)
    return found


def found_in(data: bytes, log_id: str | None) -> dict[str, Any]:
    """What the verifier says, with the names that the vectors use."""
    try:
        answer = v.verify(v.parse_bundle(data), bytes.fromhex(log_id) if log_id else None)
    except v.Bad:
        return {"result": "invalid", "finding": "malformed"}
    except v.Refused as refused:
        return {"result": "invalid", "finding": refused.code}
    remarks = [[finding["code"], finding["index"]] for finding in answer["findings"]]
    verdict = {name: answer[name] for name in ("authenticity", "completeness", "complete_to")}
    return {"result": "valid", "remarks": remarks} | verdict


@pytest.mark.parametrize("case", cases("bundle"))
def test_bundle(case: dict[str, Any]) -> None:
    expected = {name: case[name] for name in case.keys() - {"id", "comment", "flags", "log_id", "bundle"}}
    assert found_in(bundles()[case["id"]], case["log_id"]) == expected


def test_malformed_is_not_refused() -> None:
    """The code `malformed` may also be that of a refusal; the vectors mean the other."""
    for case in family("bundle")["cases"]:
        if case.get("finding") == "malformed":
            with pytest.raises(v.Bad):
                v.parse_bundle(bundles()[case["id"]])


BLOCKED = """
import runpy, sys
for name in ("chainlog", "lmdb", "msgspec"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process where nothing of the package, and nothing that it alone needs, can be imported."""
    command = [sys.executable, "-c", BLOCKED, str(TOOL), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)


TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """JSON Schema, as much of it as the schema of the answer uses."""
    known = {"$schema", "title", "type", "enum", "oneOf", "pattern", "minimum", "items"}
    assert schema.keys() <= known | {"properties", "required", "additionalProperties"}
    if "oneOf" in schema:
        return sum(fits(value, other) for other in schema["oneOf"]) == 1
    if "enum" in schema:
        return value in schema["enum"]
    if type(value) is not TYPES[schema["type"]]:
        return False
    if isinstance(value, dict):
        inner = schema["properties"]
        whole = set(schema["required"]) <= value.keys() <= inner.keys()
        return whole and all(fits(element, inner[name]) for name, element in value.items())
    if isinstance(value, list):
        return all(fits(element, schema["items"]) for element in value)
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    return value is None or isinstance(value, bool) or value >= schema.get("minimum", value)


def test_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads((ROOT / "schemas" / "output" / "bundle.json").read_text(encoding="utf-8"))
    path = tmp_path / "bundle"
    for case in family("bundle")["cases"]:
        if case["result"] != "valid":
            continue
        path.write_bytes(bundles()[case["id"]])
        pinned = ["--log-id", case["log_id"]] if case["log_id"] else []
        status = v.main([str(path), "--json", *pinned])
        answer = json.loads(capsys.readouterr().out)
        assert fits(answer, schema), answer
        assert status == (0 if case["authenticity"] == "genuine" and not case["remarks"] else 1)
        unchecked = {entry["what"] for entry in answer["not_checked"]}
        assert {"later records", "ids"} <= unchecked
        assert ("log id" in unchecked) == (case["log_id"] is None)
        assert ("map" in unchecked) == (answer["as_of"]["committed"] is not None)
        assert v.main([str(path), *pinned]) == status
        assert capsys.readouterr().out.startswith(f"{case['authenticity']}; {case['completeness']}")


def test_status(tmp_path: Path) -> None:
    case = family("bundle")["cases"][0]
    path = tmp_path / "bundle"
    path.write_bytes(bundles()[case["id"]])
    genuine = run(str(path), "--log-id", case["log_id"], "--json")
    assert (genuine.returncode, genuine.stderr) == (0, "")
    assert json.loads(genuine.stdout)["authenticity"] == "genuine"
    assert run(str(path)).returncode == 1
    kept = tmp_path / "log-id"
    kept.write_text(f"{case['log_id']}\n", encoding="utf-8")
    assert run(str(path), "--log-id", str(kept), "--json").stdout == genuine.stdout
    assert run(str(path), "--log-id", str(path)).returncode == 2
    refused = run(str(path), "--log-id", "00" * 32)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("refused: wrong-log")
    path.write_bytes(bundles()[case["id"]] + b"\0")
    assert run(str(path), "--log-id", case["log_id"]).returncode == 3
    assert run(str(path), "--log-id", case["log_id"].upper()).returncode == 2
    assert run(str(tmp_path / "absent")).returncode == 2


def test_damaged_bundles() -> None:
    """Whatever the bytes are, there is an answer; and no single changed byte leaves a bundle as good as it was."""
    case = family("bundle")["cases"][0]
    whole, generator = bundles()[case["id"]], random.Random(1)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[generator.randrange(len(whole))] ^= 1 << generator.randrange(8)
        assert found_in(bytes(damaged), case["log_id"])["result"] == "invalid"
    for size in generator.sample(range(len(whole)), 50):
        assert found_in(whole[:size], case["log_id"])["finding"] == "malformed"


# ---- the parts, by the vectors of their sections


def is_bad(function: Any, *arguments: Any) -> str:
    try:
        function(*arguments)
    except v.Bad as bad:
        return str(bad.code)
    return ""


def test_bytes_and_text() -> None:
    for case in family("canonical")["cases"]:
        data = bytes.fromhex(case["bytes"])
        assert (is_bad(v.decode, data) == "") == (case["result"] == "valid"), case
        if case["result"] == "valid":
            assert v.encode(v.decode(data)) == data
    for case in family("text")["cases"]:
        text = "".join(chr(int(point, 16)) for point in case["code_points"])
        assert v.is_text(text, case["multiline"]) == (case["result"] == "valid"), case
    for case in family("fold")["cases"]:
        if "subject" in case:
            assert v.subject_fault(case["subject"]) == case.get("code", "")
        else:
            assert v.fold(case["text"]) == case["folded"]


def test_events_and_records() -> None:
    for case in family("event")["cases"]:
        expected = case["code"] if case["result"] == "invalid" else ""
        assert is_bad(v.parse_event, bytes.fromhex(case["event"])) == expected, case
    for case in family("record")["cases"]:
        raw = bytes.fromhex(case["record"])
        assert (is_bad(v.parse_record, raw) == "") == (case["result"] == "valid"), case
        if case["result"] == "valid":
            assert v.parse_record(raw).hash.hex() == case["record_hash"]


def test_signatures_and_checkpoints() -> None:
    for case in family("signature")["cases"]:
        key, signature = bytes.fromhex(case["public_key"]), bytes.fromhex(case["signature"])
        message = bytes.fromhex(case["statement" if "purpose" in case else "message"])
        assert v.verifies(key, message, signature) == (case["result"] == "valid"), case
        assert v.is_fit_key(key) == case.get("may_be_enrolled", v.is_fit_key(key))
    document = family("checkpoint")
    for case in document["cases"]:
        try:
            point = v.parse_checkpoint(case["note"].encode())
            fault = v.checkpoint_fault(point, document["origin"], bytes.fromhex(document["public_key"]))
        except v.Bad as bad:
            fault = bad.detail
        assert (fault == "") == (case["result"] == "valid"), case


@pytest.mark.parametrize("case", cases("batch"))
def test_batch(case: dict[str, Any]) -> None:
    leaves = {index: bytes.fromhex(leaf) for index, leaf in case["leaves"]}
    ascending = [index for index, _ in case["leaves"]] == sorted(leaves)
    root = v.batch_root(case["size"], leaves, [bytes.fromhex(node) for node in case["path"]]) if leaves else None
    assert (ascending and root == bytes.fromhex(case["root"])) == (case["result"] == "valid")


@pytest.mark.parametrize(
    "case",
    [c for c in cases("map") if {"present", "absent"} & set(c.values[0]["flags"])],
)
def test_map(case: dict[str, Any]) -> None:
    path = hashlib.sha256(b"\x04" + bytes.fromhex(family("map")["log_id"]) + case["subject"].encode()).digest()
    entry = (case["count"], bytes.fromhex(case["last_hash"])) if "count" in case else None
    leads = v.leads_to(bytes.fromhex(case["map_root"]), path, bytes.fromhex(case["proof"]), entry)
    assert (leads and (entry is None or entry[0] > 0)) == (case["result"] == "valid")


def codes_of(rows: list[bytes]) -> tuple[set[str], set[str]]:
    """What is found in records that are all here, and what a bundle can't tell of them."""
    skipped: dict[str, str] = {}
    try:
        here = v.Here([v.parse_record(raw) for raw in rows])
        skipped = here.skipped
        v.check_links(here, set())
        v.check_hashes(here)
        findings = v.check_records(here)[1]
    except (v.Bad, v.Refused) as refusal:
        return {refusal.code}, set()
    return {finding.code for finding in findings} & {"unknown-kind"}, set(skipped)


@pytest.mark.parametrize("case", cases("admit"))
def test_records_that_may_stand(case: dict[str, Any]) -> None:
    """The record on its log, all of it here. That one isn't the next, or that an act is nowhere, no bundle tells."""
    rows = [bytes.fromhex(row) for row in family("admit")["logs"][case["log"]]]
    codes, skipped = codes_of([*rows, bytes.fromhex(case["record"])])
    untold = {"reordered"} | ({"bad-ref"} if "references" in skipped else set())
    assert bool(codes) == bool(set(case["codes"]) - untold)
    assert codes <= set(case["codes"])


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
    common = [f"{in_short(name)} {in_short(of)}" for name, of in rows("common")]
    assert v.table_lines(v.COMMON) == ["; ".join(common)]
    kinds = []
    for kind, fields, subjects, _signs, moves in rows("kinds"):
        row = subjects.replace("`", "").replace("*or*", "or")
        own = "" if fields == "none" else in_short(fields)
        kinds.append(f"{kind.split('`')[1]} | {row} | {in_short(moves)} | {own}".rstrip())
    assert kinds == [line for line in v.table_lines(v.KIND_TABLE) if line != "registry"]
    assert {role.strip("`") for role, *_ in rows("roles")} == v.ROLES

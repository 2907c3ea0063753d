"""The package and the one-file verifier give one answer on every file of evidence, whole or changed: malformed, refused, or what it proves."""

from __future__ import annotations

import importlib.util
import random
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chainlog.canon.codec import decode, encode
from chainlog.errors import ChainlogError, FormatError, LimitError, ReceiptError
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.conflict import Conflict, check_conflict
from chainlog.proof.false_map import check_false_map
from chainlog.proof.pin import decode_pin, make_pin
from chainlog.proof.receipt import check_receipt
from tests.evidence import Evidence, changed, false_map, files
from tests.lying import lying, receipt, signed
from tools.fixed_log import NAME, public

ROOT = Path(__file__).resolve().parents[2]
CHANGES = 120


@cache
def second() -> ModuleType:
    spec = importlib.util.spec_from_file_location("second_verifier_alike", ROOT / "tools" / "verify_bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def by_package(kind: str, data: bytes, log_id: bytes) -> Any:
    key = public("log")
    try:
        if kind == "receipt":
            return check_receipt(data, log_id=log_id, log_key=key).trust
        if kind == "pin":
            return decode_pin(data).checkpoint.size
        if kind == "conflict":
            found = check_conflict(data, log_id=log_id, log_keys=[key])
            return found.kind, found.proved, found.keys_known
        if kind == "falsemap":
            return check_false_map(data, log_id=log_id, log_keys=[key]).keys_known
        report = check_bundle(data, log_id=log_id)
    except (FormatError, LimitError):
        return "malformed"
    except ChainlogError:
        return "refused"
    return report.authenticity, report.completeness, report.complete_to, [one.code for one in report.remarks]


def by_second(kind: str, data: bytes, log_id: bytes) -> Any:
    v, key = second(), public("log")
    known = v.Known(log_id, {key: None}, None, {}, 0)
    try:
        if kind == "receipt":
            return v.verify_receipt(v.parse_receipt(data), known)["trust"]
        if kind == "pin":
            return v.verify_pin(v.parse_pin(data), v.Known(None, {}, None, {}, 0))["size"]
        if kind == "conflict":
            found = v.verify_conflict(v.parse_conflict(data), known)
            return found["kind"], found["proved"], found["keys_known"]
        if kind == "falsemap":
            return v.verify_false_map(v.parse_false_map(data), known)["keys_known"]
        answer = v.verify(v.parse_bundle(data), log_id)
    except v.Bad:
        return "malformed"
    except v.Refused:
        return "refused"
    codes = [one["code"] for one in answer["findings"]]
    return answer["authenticity"], answer["completeness"], answer["complete_to"], codes


def cases() -> list[tuple[bytes, Evidence]]:
    log_id, made = files()
    return [*((log_id, one) for one in made), false_map()]


@pytest.mark.parametrize("number", range(len(cases())))
def test_one_answer(number: int) -> None:
    log_id, evidence = cases()[number]
    whole = by_package(evidence.kind, evidence.data, log_id)
    assert whole not in ("malformed", "refused")
    assert by_second(evidence.kind, evidence.data, log_id) == whole
    stranger = files(True)[0]
    assert by_package(evidence.kind, evidence.data, stranger) == by_second(evidence.kind, evidence.data, stranger)
    rnd, seen = random.Random(number), set()
    for _ in range(CHANGES):
        data = changed(evidence, rnd)
        found = by_package(evidence.kind, data, log_id)
        assert by_second(evidence.kind, data, log_id) == found, data.hex()
        seen.add(str(found) if data != evidence.data else "the same")
    # A harness that only ever sees one refusal would agree about anything.
    assert {"malformed", "refused"} <= seen


def test_what_a_key_signs_under_another_name_convicts_nobody() -> None:
    log, _ = lying(8)
    key, other = public("log"), "draft.elsewhere"
    for name in (NAME, other):
        heads = (make_pin(signed(log, size, name=of), log_key=key) for size, of in ((7, NAME), (3, name)))
        data = Conflict("rollback", *heads).encoded()
        found = by_package("conflict", data, log.id)
        assert (
            found == by_second("conflict", data, log.id) == (("rollback", False, True) if name == NAME else "refused")
        )
    whole = decode(false_map()[1].data)
    v, record_0 = second(), log.records[0]
    known = v.Known(log.id, {}, v.parse_record(record_0), {}, 0)
    for place, index in ((1, log.size - 1), (2, 8)):
        told = [*whole]
        assert v.verify_false_map(v.parse_false_map(encode(told)), known)["keys_known"]
        told[place] = [receipt(log, index, name=other), key]
        with pytest.raises(v.Refused, match="origin"):
            v.verify_false_map(v.parse_false_map(encode(told)), known)
        with pytest.raises(ReceiptError, match=other):
            check_false_map(encode(told), log_id=log.id, genesis=record_0)

"""The same verifier on receipts, pins, evidence of conflicts and of false maps; nothing of the package is imported."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from nacl.signing import SigningKey

ROOT = Path(__file__).resolve().parents[2]
VECTORS = Path(os.environ.get("CHAINLOG_VECTORS", ROOT / "schemas" / "vectors"))


def load_verifier() -> ModuleType:
    spec = importlib.util.spec_from_file_location("second_proof_verifier", ROOT / "tools" / "verify_bundle.py")
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


def cases(name: str, result: str = "") -> list[Any]:
    return [pytest.param(c, id=f"{c['id']}") for c in family(name)["cases"] if result in ("", c["result"])]


def known(*, log_id: str | None = None, key: str = "", genesis: str = "", witness: str = "") -> Any:
    record = v.parse_record(bytes.fromhex(genesis)) if genesis else None
    witnesses = dict([v.parse_verifier_key(witness, v.COSIGNATURE)[::-1]]) if witness else {}
    keys = {bytes.fromhex(key): None} if key else {}
    return v.Known(bytes.fromhex(log_id) if log_id else None, keys, record, witnesses, len(witnesses))


def known_in(name: str, case: dict[str, Any]) -> Any:
    """What the document of the vectors says that the verifier knows."""
    document = family(name)
    if name == "pin":
        return known()
    if name != "receipt":
        return known(log_id=document["log_id"], key=document["public_key"])
    more = {"key": "public_key", "genesis": "genesis", "witness": "witness"}
    told = {flag: document[more[flag]] for flag in case["flags"] if flag in more}
    return known(log_id=document["log_id"], **told)


def bytes_of(name: str, case: dict[str, Any]) -> bytes:
    text: str = case["false_map" if name == "falsemap" else name]
    return text.encode() if name == "receipt" else bytes.fromhex(text)


FAMILIES = {
    "receipt": (v.parse_receipt, v.verify_receipt),
    "pin": (v.parse_pin, v.verify_pin),
    "conflict": (v.parse_conflict, v.verify_conflict),
    "falsemap": (v.parse_false_map, v.verify_false_map),
}


def found_in(name: str, data: bytes, knowing: Any) -> dict[str, Any] | str:
    """The answer; or `malformed`; or `refused` and the code."""
    parse, check = FAMILIES[name]
    try:
        answer: dict[str, Any] = check(parse(data), knowing)
    except v.Bad:
        return "malformed"
    except v.Refused as refused:
        return f"refused {refused.code}"
    return answer


@pytest.mark.parametrize(("name", "case"), [(n, c.values[0]) for n in FAMILIES for c in cases(n)])
def test_vectors(name: str, case: dict[str, Any]) -> None:
    found = found_in(name, bytes_of(name, case), known_in(name, case))
    if case["result"] == "valid":
        assert isinstance(found, dict)
        said = {"trust", "index", "size", "kind", "proved", "keys_known", "log_id"} & case.keys()
        assert {field: found[field] for field in said} == {field: case[field] for field in said}
        assert found["holds"] == (case.get("trust") != "keys-unproven" and case.get("keys_known", True))
    else:
        malformed = case["error"] in ("malformed", "not-folded")
        assert isinstance(found, str)
        assert (found == "malformed") == malformed


def test_tree() -> None:
    for case in family("tree")["cases"]:
        path = [bytes.fromhex(node) for node in case.get("path", [])]
        root = bytes.fromhex(case["root"])
        if "inclusion" in case["flags"]:
            leads = v.inclusion_root(case["index"], case["size"], bytes.fromhex(case["leaf"]), path) == root
        elif "consistency" in case["flags"]:
            ordered = 0 < case["size"] <= case["new_size"]
            leads = ordered and v.is_beginning(
                case["size"], root, case["new_size"], bytes.fromhex(case["new_root"]), path
            )
        else:
            continue
        assert leads == (case["result"] == "valid"), case


# ---- other bytes, other evidence


def signature_lines(data: bytes) -> list[tuple[int, int]]:
    """Where the signature lines of the notes in it stand: what isn't asked for there may change."""
    found, at = [], data.find("\n\n— ".encode())
    while at >= 0:
        stop = at + 2
        while data.startswith("— ".encode(), stop):
            stop = data.index(b"\n", stop) + 1
        found.append((at, stop))
        at = data.find("\n\n— ".encode(), stop)
    return found


def mutations(data: bytes, generator: random.Random) -> Iterator[tuple[int, bytes]]:
    """Changed bytes, and the first position where they are others."""
    for at in sorted(generator.sample(range(len(data)), min(60, len(data)))):
        yield at, data[:at] + bytes([data[at] ^ 1 << generator.randrange(8)]) + data[at + 1 :]
    for at in sorted(generator.sample(range(len(data)), min(20, len(data)))):
        yield at, data[:at]
        yield at, data[:at] + data[at + 1 :]
        yield at, data[:at] + generator.randbytes(3) + data[at:]
    yield len(data), data + data
    yield len(data), data + b"\0"
    yield len(data), data + b"\n"


@pytest.mark.parametrize(("name", "case"), [(n, c.values[0]) for n in FAMILIES for c in cases(n, "valid")])
def test_mutations(name: str, case: dict[str, Any]) -> None:
    data, knowing = bytes_of(name, case), known_in(name, case)
    whole, lines = found_in(name, data, knowing), signature_lines(data)
    assert isinstance(whole, dict)
    assert lines
    for at, changed in mutations(data, random.Random(case["id"])):
        found = found_in(name, changed, knowing)
        assert found != whole or any(start <= at <= stop for start, stop in lines), at
        if isinstance(found, dict) and name == "receipt":
            same = {"index", "record_hash", "size", "root", "log_id"}
            assert {field: found[field] for field in same} == {field: whole[field] for field in same}
        if isinstance(found, dict) and name in ("conflict", "falsemap"):
            assert any(start <= at <= stop for start, stop in lines), at


# ---- cosignatures

WITNESS = SigningKey(hashlib.sha256(b"chainlog test key/witness of this test").digest())
OTHER = SigningKey(hashlib.sha256(b"chainlog test key/another witness").digest())


def verifier_key(name: str, key: bytes, of: int) -> str:
    data = bytes([of]) + key
    digest = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()
    return f"{name}+{digest[:8]}+{base64.b64encode(data).decode()}"


def cosignature(name: str, signer: SigningKey, text: bytes, *, at: int, stated: int | None = None) -> bytes:
    signature = signer.sign(f"cosignature/v1\ntime {at}\n".encode() + text).signature
    key_id = hashlib.sha256(name.encode() + b"\n\x04" + bytes(signer.verify_key)).digest()[:4]
    data = key_id + (at if stated is None else stated).to_bytes(8, "big") + signature
    return f"— {name} {base64.b64encode(data).decode()}\n".encode()


def note_of(receipt: bytes) -> bytes:
    return receipt.partition(b"\n\n")[2]


def text_of(note: bytes) -> bytes:
    return note.partition(b"\n\n")[0] + b"\n"


def test_quorum() -> None:
    document = family("receipt")
    receipt = next(
        bytes_of("receipt", case) for case in document["cases"] if case["comment"] == "record 2, the log key known"
    )
    text = text_of(note_of(receipt))
    both = {bytes(WITNESS.verify_key): "w.example", bytes(OTHER.verify_key): "w.example"}
    line, second = (cosignature("w.example", signer, text, at=7) for signer in (WITNESS, OTHER))
    base = known(log_id=document["log_id"])

    def trust(data: bytes, quorum: int, **more: Any) -> tuple[str, bool, int]:
        found = v.verify_receipt(v.parse_receipt(data), base._replace(witnesses=both, quorum=quorum, **more))
        return found["trust"], found["holds"], len(found["witnesses"])

    assert trust(receipt, 1) == ("keys-unproven", False, 0)
    assert trust(receipt + line, 1) == ("witnessed", True, 1)
    assert trust(receipt + line, 2) == ("keys-unproven", False, 1)
    assert trust(receipt + line + line, 2) == ("keys-unproven", False, 1)
    assert trust(receipt + line + second, 2) == ("witnessed", True, 2)
    signed = {"keys": {bytes.fromhex(document["public_key"]): None}}
    assert trust(receipt + line, 2, **signed) == ("log-signed", False, 1)
    assert trust(receipt + line, 1, **signed) == ("witnessed", True, 1)
    assert trust(receipt + line, 1, log_id=None) == ("keys-unproven", False, 1)
    for false in (
        cosignature("w.example", WITNESS, text, at=7, stated=8),
        cosignature("w.example", WITNESS, text + b"\n", at=7),
    ):
        assert found_in("receipt", receipt + false, base._replace(witnesses=both, quorum=1)) == "refused checkpoint"
        assert isinstance(found_in("receipt", receipt + false, base), dict)
    with pytest.raises(v.Misuse):
        own = {bytes.fromhex(document["public_key"]): "w.example"}
        v.verify_receipt(v.parse_receipt(receipt), known_in("receipt", {"flags": ["genesis"]})._replace(witnesses=own))


def test_cosigned_bundle() -> None:
    case = family("bundle")["cases"][0]
    parts = v.decode(bytes.fromhex(case["bundle"]))
    log_id, text = bytes.fromhex(case["log_id"]), text_of(parts[1])

    def found(line: bytes, witnesses: dict[bytes, str]) -> dict[str, Any]:
        data = v.encode([parts[0], parts[1] + line, *parts[2:]])
        answer: dict[str, Any] = v.verify(v.parse_bundle(data), log_id, witnesses)
        return answer

    line, asked = cosignature("w.example", WITNESS, text, at=7), {bytes(WITNESS.verify_key): "w.example"}
    assert found(line, asked)["witnesses"] == [{"name": "w.example", "time_s": 7}]
    assert "cosignatures" not in {entry["what"] for entry in found(line, asked)["not_checked"]}
    for other in ({}, {bytes(OTHER.verify_key): "w.example"}):
        assert found(line, other)["witnesses"] == []
        assert "cosignatures" in {entry["what"] for entry in found(line, other)["not_checked"]}
    with pytest.raises(v.Refused, match="checkpoint"):
        found(cosignature("w.example", WITNESS, text, at=7, stated=8), asked)
    log_key = v.parse_record(parts[3][0]).event.body["log_key"][1]
    with pytest.raises(v.Misuse):
        found(b"", {log_key: "w.example"})


# ---- effort that hostile files ask for


def walked(here: Any, record: Any) -> tuple[bool, bool]:
    """Section 2.12 as it is written: whether a subject was moved; whether the walk ended at what isn't here."""
    open_end = False
    answered = {ref_id for ref_id, _ in record.event.refs}
    for subject in record.event.guards() if record.base[0] < record.index - 1 else ():
        count, earlier, _ = v.link_of(record, subject)
        while count and earlier > record.base[0]:
            found = here.records.get(earlier)
            if found is None:
                open_end = True
                break
            if subject in here.moves[earlier] and found.event.id not in answered:
                return True, open_end
            count, earlier, _ = v.link_of(found, subject)
    return False, open_end


def history(
    generator: random.Random, *, size: int, gaps: bool, base: Callable[[int], int], movers: float = 0.1
) -> list[Any]:
    """Records about two lists, some of which move them; without signatures, which 2.12 doesn't ask for."""
    records: list[Any] = []
    last: dict[str, list[Any]] = {}
    for index in range(size):
        mover = generator.random() < movers
        subjects = [f"l/{n}" for n in range(2) if generator.random() < 0.8] or ["l/0"]
        refs = [[record.event.id, bytes(32)] for record in records[-3:] if generator.random() < 0.8]
        kind = "listed.withdrawn" if mover else "decided.permit"
        event_id = index.to_bytes(16, "big")
        event = v.Event(kind, event_id, [], subjects, [], refs, 0, {}, b"", v.KINDS[kind])
        links = [last.get(subject, [0, 0, bytes(32)]) for subject in subjects]
        last |= {s: [link[0] + 1, index, bytes(32)] for s, link in zip(subjects, links, strict=True)}
        if not gaps or generator.random() < 0.8:
            records.append(v.Record(index, 0, bytes(32), [base(index), bytes(32)], links, event, [], bytes(32)))
    return records


@pytest.mark.parametrize("gaps", [False, True])
def test_stale_drafts_as_written(gaps: bool) -> None:
    seen = set()
    for seed in range(60):
        generator = random.Random(seed)
        here = v.Here(history(generator, size=30, gaps=gaps, base=lambda i: generator.randrange(max(i, 1))))
        for record in here.records.values():
            here.skipped.clear()
            moved, open_end = walked(here, record)
            try:
                v.check_stale(here, record)
            except v.Refused:
                assert moved
                go_on(here, record)
            else:
                assert not moved
                assert ("movers" in here.skipped) == open_end
            seen.add((moved, open_end))
    assert len(seen) == (4 if gaps else 2)


def go_on(here: Any, record: Any) -> None:
    """What would stand there if the record had been accepted: the test goes on where a verifier ends."""
    for subject in record.event.subjects:
        here.runs[subject].newest = record.index
        if subject in here.moves[record.index]:
            here.runs[subject].movers.append(record.index)


def test_effort() -> None:
    """As many records as a bundle may hold, all of them guarding the same lists, and each with an old base."""
    records = history(random.Random(1), size=4096, gaps=False, base=lambda index: 0, movers=0)
    here, started = v.Here(records), time.monotonic()
    for record in records:
        v.check_stale(here, record)
    body = {"list": [[""] * 1000] * 8}
    for number in range(4096):
        v.value_at(body, f"list.7.{number}")
    assert time.monotonic() - started < 5


# ---- the command line


def files(folder: Path) -> dict[str, str]:
    made = {}
    for name in FAMILIES:
        path = folder / name
        path.write_bytes(bytes_of(name, next(c for c in family(name)["cases"] if c["result"] == "valid")))
        made[name] = str(path)
    bundle = family("bundle")["cases"][0]
    (folder / "bundle").write_bytes(bytes.fromhex(bundle["bundle"]))
    (folder / "genesis").write_bytes(bytes.fromhex(family("receipt")["genesis"]))
    later = next(c for c in family("receipt")["cases"] if c.get("index") == 2)
    (folder / "later").write_bytes(bytes_of("receipt", later))
    (folder / "empty").write_bytes(b"")
    (folder / "text").write_bytes(b"no evidence\n" * 10)
    (folder / "folder").mkdir()
    for name, head in (("large", b""), ("large-bundle", b"\x99\xb2chainlog/v1/bundle")):
        with (folder / name).open("wb") as file:
            file.write(head)
            file.truncate(100_000_000)
    others = ("bundle", "genesis", "later", "empty", "text", "folder", "large", "large-bundle", "absent")
    return made | {name: str(folder / name) for name in others}


def command_rows(at: dict[str, str], document: dict[str, Any]) -> list[tuple[int, str, list[str]]]:
    """(exit status, file, options) of what the command is asked."""
    log = ["--log-id", document["log_id"]]
    key, witness = ["--log-key", document["public_key"]], ["--witness", document["witness"]]
    origin = f"draft.example/{document['log_id']}"
    as_vkey = ["--log-key", verifier_key(origin, bytes.fromhex(document["public_key"]), 1)]
    genesis = ["--genesis", at["genesis"]]
    other = ["--log-key", "00" * 32]
    return [
        (0, "receipt", log),
        (0, "later", log + key),
        (0, "later", log + as_vkey),
        (0, "later", log + genesis),
        (0, "later", [*log, "--genesis", at["receipt"]]),
        (1, "later", log),
        (1, "later", key),
        (1, "later", log + other),
        (1, "later", ["--log-id", "00" * 32]),
        (1, "later", log + witness),
        (1, "later", log + key + witness),
        (0, "conflict", log + key),
        (0, "conflict", log + genesis),
        (1, "conflict", log),
        (1, "conflict", log + other),
        (1, "conflict", key),
        (1, "conflict", ["--log-id", "00" * 32, *key]),
        (0, "falsemap", log + key + other),
        (0, "falsemap", log + genesis),
        (1, "falsemap", log),
        (0, "pin", []),
        (0, "pin", log),
        (1, "pin", ["--log-id", "00" * 32]),
        (0, "bundle", ["--log-id", family("bundle")["cases"][0]["log_id"], *witness]),
        (1, "bundle", []),
        (3, "empty", log),
        (3, "text", log),
        (3, "large", log),
        (3, "large-bundle", log),
        (3, "genesis", log),
        (2, "folder", log),
        (2, "absent", log),
        (2, "receipt", ["--log-id", document["log_id"].upper()]),
        (2, "receipt", genesis),
        (2, "receipt", [*log, "--genesis", at["later"]]),
        (2, "receipt", [*log, "--genesis", at["absent"]]),
        (2, "receipt", [*log, "--genesis", at["large"]]),
        (2, "receipt", [*log, *key, *other]),
        (2, "receipt", [*log, "--log-key", "draft.example"]),
        (2, "receipt", [*log, "--log-key", document["witness"]]),
        (2, "receipt", [*log, "--witness", as_vkey[1]]),
        (2, "receipt", log + witness + witness),
        (2, "receipt", [*log, *witness, "--quorum", "2"]),
        (2, "receipt", [*log, *witness, "--quorum", "0"]),
        (2, "receipt", [*log, "--quorum", "1"]),
        (2, "receipt", ["--log-id", "00" * 32, *as_vkey]),
        (2, "pin", log + key),
        (2, "bundle", log + key),
        (2, "conflict", log + witness),
    ]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at, document = files(tmp_path), family("receipt")
    log, rows = ["--log-id", document["log_id"]], command_rows(at, document)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo")
        rows += [(2, "fifo", log), (2, "receipt", [*log, "--genesis", str(tmp_path / "fifo")])]
        at["fifo"] = str(tmp_path / "fifo")
    for status, name, options in rows:
        for form in ([], ["--json"]):
            try:
                ended = v.main([at[name], *options, *form])
            except SystemExit as stop:
                ended = stop.code
            printed = capsys.readouterr()
            assert ended == status, (name, options, printed)
            assert bool(printed.out) == (not printed.err)
            if printed.out and form and name != "bundle":
                assert json.loads(printed.out)["holds"] == (status == 0)
            elif printed.out and name != "bundle":
                assert f"holds\t{'no' if status else 'yes'}\n" in printed.out

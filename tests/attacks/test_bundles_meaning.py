"""Bundles of evidence: what they hide, where they lead, whom they accuse, and who says that they hold."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chainlog.canon import codec
from chainlog.errors import ChainlogError, FormatError
from chainlog.event.model import check_event
from chainlog.proof.bundle_check import check_bundle
from tests import processes
from tests.attacks.answers import (
    BEYOND,
    IMPOSSIBLE,
    Answer,
    attack,
    beyond,
    is_found,
    is_refused,
    refused,
    same,
)
from tests.attacks.bundles import (
    COMMITTED,
    TOOL,
    another,
    fails,
    in_place,
    same_kind,
    shown,
    whole,
)
from tests.attacks.signing import breach, guarded
from tests.lying import CARRIER
from tests.offices import Office
from tests.scenarios import local
from tools.fixed_bundle import (
    SALT,
    SEALED_ID,
    bundle_of,
    commit_map,
    told_log,
)
from tools.fixed_log import CLERK, KEEPER, Sign


@attack(
    "EB08", "Sealing is used to hide what kind of act it was, when, of whom or of what", "L", IMPOSSIBLE,
    note="Only texts of a body can be sealed",
)  # fmt: skip
def test_sealing_hides_no_kind() -> Answer:
    log, _ = whole()
    sealed = {"sealed": bytes(32)}
    event = codec.decode(codec.decode(log.records[6])[6])
    assert check_event(codec.encode(event)).event.kind == "transferred.lend"
    hidden: list[Any] = [[*event[:place], sealed, *event[place + 1 :]] for place in range(8)]
    hidden += [
        [*event[:3], [sealed, *event[3][1:]], *event[4:]],
        [*event[:4], [[sealed, *event[4][0][1:]]], *event[5:]],
    ]
    hidden += [[*event[:7], {**event[7], "depth": sealed}]]
    for one in hidden:
        with pytest.raises(FormatError):
            check_event(codec.encode(one))
    return IMPOSSIBLE


@attack(
    "EB09", "A bundle names addresses and paths, in the hope that its verifier goes there", "W", IMPOSSIBLE,
    note="No field is an address, and verifying opens no file and no connection",
)  # fmt: skip
def test_addresses_in_a_bundle() -> Answer:
    log = told_log()
    places = ["w/http:〔〔127.0.0.1", "w/..〔..〔etc〔passwd", "w/file:〔〔〔etc〔passwd"]
    for place in places:
        body = {"place": place, "note": "http://127.0.0.1:9/x ../../etc/passwd file:///etc/passwd"}
        log.add("transferred.store", body=body, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    parts = bundle_of(log, [CARRIER], committed=commit_map(log))
    tried = [
        parts.encoded(),
        parts.but(openings=[[SEALED_ID, "../../etc/passwd", SALT, "http://127.0.0.1:9/x"]]).encoded(),
    ]
    tried.append(parts.but(checkpoint=parts.checkpoint.replace(b"draft.", b"draft.http:")).encoded())

    def judged() -> list[str]:
        said: list[str] = []
        for data in tried:
            try:
                said.append(check_bundle(data, log_id=log.id).authenticity)
            except ChainlogError as error:
                said.append(error.code)
        return said

    def watched() -> tuple[list[str], list[str]]:
        seen: list[str] = []
        outside = ("open", "os.", "socket.", "subprocess.", "urllib.", "ctypes.", "shutil.")
        sys.addaudithook(lambda event, _: seen.append(event) if event.startswith(outside) else None)
        said = judged()
        noticed = list(seen)
        Path("/dev/null").read_bytes()
        assert len(seen) > len(noticed), "the hook sees nothing"
        return said, noticed

    before = judged()
    said, noticed = processes.in_child(watched)
    assert said == before
    assert said[0] == "genuine"
    assert "genuine" not in said[1:]
    assert noticed == []
    return IMPOSSIBLE


@attack(
    "EB10", "Two people are given copies with one and the same number", "A", is_found("MRK-3"), is_refused("forbidden", "MRK-3"),
    note="Who had the document is answered with everybody who had a copy, or read one, or could have, each with the evidence: a number alone "
         "accuses nobody",
)  # fmt: skip
def test_one_copy_number_for_two() -> list[Answer]:
    def told(office: Office, numbers: tuple[str, str] = ("1", "1")) -> int:
        items = [
            {"carrier": f"c/{n}", "form": "document", "document": "d/镇12", "copy_no": number}
            for n, number in enumerate(numbers)
        ]
        return office.tell(
            "03-03 09:00", "created.produced", on=["c/0", "c/1", "d/镇12"], who={"operator": "赵强", "registrar": "李敏"}, level="机密",
            items=items,
        )  # fmt: skip

    office, strict = Office({"copy_no.from": "机密"}), guarded({"copy_no.from": "机密"}, "MRK-3")
    made = told(office)
    for carrier, person in (("c/0", "陈"), ("c/1", "黄")):
        office.tell(
            "03-04 10:00",
            "transferred.lend",
            on=[carrier],
            who={"giver": "李敏", "receiver": person},
            purpose="阅",
            depth="read",
        )
    met = office.custody().holders("d/镇12", start_us=0, end_us=local("12-31"))
    assert {"p/陈", "p/黄"} <= set(met.persons)
    assert {row.evidence for row in met.held if row.person in ("p/陈", "p/黄")} == {"both"}
    return [
        breach(office, "MRK-3", "d/镇12", made),
        refused(lambda: told(strict), state=lambda: strict.reader.size),
    ]


@attack(
    "EB11", "A copy that leaked bears a number that accuses somebody who never had it", "W", is_refused("unknown-key"), BEYOND,
    note="That he was given that copy is on record with his signature, or isn't; a number on paper is no evidence",
)  # fmt: skip
def test_a_forged_number_on_a_leaked_copy() -> Iterator[Answer]:
    log, _ = whole()
    made = told_log()
    # Whoever writes the files lends the other copy to the clerk, in whose name somebody else signs.
    made.add(
        "transferred.lend", body={"purpose": "阅", "depth": "read"}, people=[("giver", KEEPER, 1), ("receiver", CLERK, 1)],
        subjects=["c/88"], signs=[Sign("giver", KEEPER), Sign("receiver", CLERK, key="somebody")],
    )  # fmt: skip
    yield fails(bundle_of(made, ["c/88"], committed=commit_map(made)), made.id)
    report = check_bundle(bundle_of(log, ["c/88", "c/99"], committed=COMMITTED).encoded(), log_id=log.id)
    assert {one.subject: one.records for one in report.subjects} == {"c/88": 2, "c/99": 0}
    assert report.completeness == "complete"
    yield beyond("A number or mark on a leaked copy", "proves nothing against whoever had that copy")


@attack("EB12", "A bundle of another log is shown, about a carrier of the same number", "W", is_refused("wrong-log"))
def test_a_bundle_of_another_log() -> Answer:
    log, parts = whole()
    made_up, lie = another()
    assert (shown(parts).subjects, log.id == made_up.id) == (
        check_bundle(lie.encoded(), log_id=made_up.id).subjects,
        False,
    )
    for place in range(1, len(parts.records)):
        fails(in_place(parts, place, lie.records[place]))
    fails(parts.but(proof=lie.proof))
    fails(parts.but(map_proofs=lie.map_proofs))
    return fails(lie)


@attack(
    "EB13", "A program that only looks like the verifier says that all is well", "W", BEYOND,
    note="A second verifier in one file, which shares no code with the first, says the same of every bundle; what either says is JSON that "
         "others can compare. A hash that a program states of itself would be stated by the false one too",
)  # fmt: skip
def test_a_program_that_looks_like_the_verifier(tmp_path: Path) -> Answer:
    log, parts = whole()
    source = TOOL.read_text(encoding="utf-8")
    assert "import chainlog" not in source
    assert "from chainlog" not in source
    said = {}
    for name, data in (("true", parts.encoded()), ("false", in_place(parts, 4, log.records[5]).encoded())):
        file = tmp_path / f"{name}.bundle"
        file.write_bytes(data)
        # Isolated: with nothing of this project on its path.
        command = [sys.executable, "-I", str(TOOL), str(file), "--log-id", log.id.hex(), "--json"]
        told = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False)
        said[name] = (told.returncode, json.loads(told.stdout) if told.stdout else {})
    own = shown(parts).as_json()
    assert said["true"][0] == 0
    assert said["false"][0] == 1
    assert {name: said["true"][1][name] for name in ("authenticity", "completeness", "as_of", "records")} == {
        name: own[name] for name in ("authenticity", "completeness", "as_of", "records")
    }
    return beyond("verify on another one")


@attack(
    "EB14", "A bundle that shows nothing is passed off as one in which nothing is wrong", "W",
    is_refused("malformed"), is_refused("undemanded", "incomplete"),
    note="That a carrier was never named is an answer, if the map proves it: it says 0 records",
)  # fmt: skip
def test_a_bundle_of_nothing() -> Iterator[Answer]:
    log, parts = whole()
    hollow = [
        parts.but(wanted=[]),
        parts.but(records=[]),
        parts.but(wanted=[], records=[], proof=b"", committed=[], map_proofs=[]),
    ]
    yield same(fails(one) for one in (*hollow, b"", codec.encode([])))
    yield same_kind(fails(one) for one in (parts.but(wanted=["c/86"]), bundle_of(log, ["c/86"])))
    never = shown(bundle_of(log, ["c/86"], committed=COMMITTED))
    assert [(one.subject, one.records, one.whole) for one in never.subjects] == [("c/86", 0, True)]

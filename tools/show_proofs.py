"""Show what chainlog's proofs are worth: an honest log is vouched for, a dishonest one convicted, with public commands.

    python tools/show_proofs.py [DIRECTORY] [--quick] [--records N]

Makes a log of a made-up office in a new directory (build/proofs by default), shows every command with its exit status
and what it shows, and a table at the end. Where the keeper lies, `tools/dishonest.py` lies for him.

--quick leaves out Go and the costs. --records is how large the tree is whose proofs are timed.
Exit status: 0 if everything came out as it must; a figure below its bar is shown, and changes nothing. 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import count
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.dishonest import false_bundle  # noqa: E402
from tools.second_verifier import SecondVerifier  # noqa: E402
from tools.show_peers import show_costs, show_go  # noqa: E402
from tools.shown_commands import Execute, Stage, Stopped, execute  # noqa: E402

_PASSPHRASE: Final = "proofs"  # noqa: S105 - printed: keys of a made-up office guard nothing
_ENVIRONMENT: Final = {
    "CHAINLOG_PASSPHRASE": _PASSPHRASE,
    "CHAINLOG_LOG_KEY": "keys/log.key",
    "LC_ALL": "en_US.UTF-8",
    "COLUMNS": "80",
}
NAME: Final = "draft.fenggu"
ADMINISTRATORS: Final = ("段平", "沈宜", "姜同")
REGISTRAR, READER = "梁初", "贺言"
STICK: Final = "c/2001"
"""The carrier whose loan the keeper wants to hide."""
_INIT: Final = ("--name", NAME, "--unit", "u/丰谷镇", "--threshold", "2")
_KEPT: Final = (0, 6, 8, 9)
"""Records whose receipts an application keeps."""
_FIGURES: Final = (
    "log_id", "origin", "authenticity", "completeness", "complete_to", "as_of", "subjects", "also_shown", "records",
    "openings", "witnesses", "time_stamps", "findings",
)  # fmt: skip
"""All that an answer says of a bundle, but for what can't be known, which each verifier words by itself."""
_ALONE: Final = {"registrar": f"p/{REGISTRAR}"}
_HANDS: Final = {"giver": f"p/{REGISTRAR}", "receiver": f"p/{READER}"}


def _papers(numbers: range, **more: Any) -> list[dict[str, Any]]:
    return [{"carrier": f"c/{number}", **more} for number in numbers]


_YEAR: Final[tuple[dict[str, Any], ...]] = (
    {
        "kind": "created.received", "on": ["d/谷办〔2025〕1号"], "who": {"receiver": f"p/{REGISTRAR}", "giver": "p/县交换员"},
        "level": "机密", "sender": "u/县委办", "channel": "exchange", "listed": 4, "found": 4, "seal": "intact",
        "items": _papers(range(1001, 1005), form="document", document="d/谷办〔2025〕1号"),
    },
    {"kind": "created.entered", "who": _ALONE, "level": "秘密", "reason": "other", "items": _papers(range(2001, 2004), form="usb_stick")},
    {"kind": "transferred.store", "on": ["c/1001", "c/1002", "c/1003", "c/1004"], "who": _ALONE, "place": "w/一号柜"},
    {"kind": "transferred.lend", "on": ["c/1001"], "who": _HANDS, "purpose": "起草", "depth": "read"},
    {
        "kind": "returned.to_keeper", "on": ["c/1001"], "who": {"giver": f"p/{READER}", "receiver": f"p/{REGISTRAR}"},
        "reason": "loan",
    },
    {"kind": "transferred.circulate", "on": ["c/1002"], "who": _HANDS, "mode": "face_to_face"},
    {"kind": "transferred.store", "on": [STICK, "c/2002"], "who": _ALONE, "place": "w/一号柜"},
)  # fmt: skip
_LOAN: Final = {"kind": "transferred.lend", "on": [STICK], "who": _HANDS, "purpose": "拷贝", "depth": "take_away"}
_OTHER_STORY: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "transferred.circulate", "on": ["c/1003"], "who": _HANDS, "mode": "face_to_face"},
    {"kind": "transferred.store", "on": ["c/2003"], "who": _ALONE, "place": "w/一号柜"},
)


class Show:
    """The parts, in their order. Each raises Stopped where something doesn't come out as it must."""

    def __init__(self, directory: Path, *, executing: Execute = execute) -> None:
        self.stage = Stage(directory, _ENVIRONMENT, executing=executing)
        self.second = SecondVerifier(self.stage)
        self.log_id = ""
        self.vkey = ""

    def honest_log(self) -> None:
        """A log, and what is kept outside of it: its id, receipts, a signed head, a pin."""
        stage = self.stage
        stage.head("1. An honest log, and what is kept outside of it")
        self.log_id = self._init("office.log", f"three administrators; keys in keys/, passphrase {_PASSPHRASE}")
        stage.write("log-id.txt", self.log_id + "\n")
        stage.name(self.log_id, "$(cat log-id.txt)")
        stage.say("the id is written down: log-id.txt")
        for person in (REGISTRAR, READER):
            key = f"keys/{person}.key"
            stage.chainlog("key", "new", key, "--cost", "interactive", "--label", person, says="a key of a person")
            keys = [word for name in ADMINISTRATORS[:2] for word in ("--key", f"keys/{name}.key")]
            stage.chainlog(
                "enroll",
                "office.log",
                f"p/{person}",
                "--proof-from",
                key,
                *keys,
                says="its signatures count from here on",
            )
        self._append("office.log", "year.jsonl", _YEAR, "carriers come in, are stored, lent, come back")
        head = stage.chainlog(
            "checkpoint", "office.log", "--out", "head.note",
            says=lambda a: f"a signed head of {a['size']} records; record {a['map_committed']} commits to the map of subjects",
        )  # fmt: skip
        self.vkey = head["vkey"]
        stage.name(self.vkey, "$(cat vkey.txt)")
        stage.write("vkey.txt", self.vkey + "\n")
        for index in _KEPT:
            self._receipt(index)
        stage.chainlog(
            "verify", "office.log", "--log-id", "log-id.txt", "--pin", "office.pin",
            says=lambda a: f"{a['integrity']}; the pin remembers {a['pin']['size']} records",
        )  # fmt: skip

    def bundle(self) -> None:
        """All about one carrier in a file, checked twice by strangers."""
        stage = self.stage
        stage.head("2. All about one carrier in one file, checked by strangers")
        made = stage.chainlog(
            "bundle", "make", "office.log", "c/1001", "--commit", "--out", "1001.bundle",
            says=lambda a: f"{len(a['records'])} records, {a['bytes']} bytes",
        )  # fmt: skip
        before = self.second.isolation
        stage.say(self.second.isolation_said)
        stage.move("office.log", "elsewhere.log")
        stage.write("stranger/log-id.txt", self.log_id + "\n")
        ours = stage.chainlog(
            "bundle", "verify", "1001.bundle", "--log-id", "log-id.txt", before=before, says=_verdict
        )  # fmt: skip
        self.second.prepare()
        theirs = self.second.run("../1001.bundle", "--log-id", self.log_id, says=_verdict)
        stage.move("elsewhere.log", "office.log")
        for what in _FIGURES:
            stage.require(theirs[what], ours[what], what=f"{what} as the second verifier has it")
        stage.require(_verdict(ours), "genuine, complete as of 11 records", what="the bundle")
        stage.require(ours["records"], made["records"], what="the records in the bundle")
        stage.say("both answers agree in all figures")
        stage.count(
            "a bundle, checked without log", f"{ours['authenticity']}, {ours['completeness']}; two verifiers agree"
        )
        stage.count("  isolation", self.second.isolation_said)

    def control(self) -> None:
        """The log goes on, and nobody is accused."""
        stage = self.stage
        stage.head("3. The log goes on: what was kept outside accuses nobody")
        stage.chainlog("backup", "office.log", "cut.log", says=lambda a: f"a copy of {a['size']} records, for later")
        self._append("office.log", "loan.jsonl", [_LOAN], f"{STICK} is lent, and leaves the house")
        self._receipt(11)
        pin = stage.chainlog(
            "verify", "office.log", "--pin", "office.pin",
            says=lambda a: f"{a['integrity']}; the pin has {a['pin']['state']} to {a['pin']['size']} records",
        )["pin"]  # fmt: skip
        stage.require((pin["state"], pin["conflict"], pin["size"]), ("moved", None, 12), what="the pin")
        for index in (6, 11):
            found = stage.chainlog(
                "receipt", "check", f"{index}.receipt", "--log-id", "log-id.txt", "--genesis", "0.receipt", "--log", "office.log",
                says=lambda a: f"{a['trust']}; the log still holds record {a['index']}",
            )  # fmt: skip
            stage.require(found["held"], True, what="whether the log holds the record")
        found = self.second.run(
            "../11.receipt", "--log-id", self.log_id, "--genesis", "../0.receipt",
            says=lambda a: f"the second verifier: {a['trust']}",
        )  # fmt: skip
        stage.require(found["trust"], "log-signed", what="the receipt as the second verifier has it")
        stage.chainlog(
            "bundle",
            "make",
            "office.log",
            STICK,
            "--commit",
            "--out",
            "true.bundle",
            says="all about the carrier that is lent",
        )
        held = self._held_bundle("true.bundle", status=0)
        stage.require(held, "shown", what="the receipt against the honest bundle")
        stage.count("honest log, pin and receipts", "nobody is accused")

    def cut_back(self) -> None:
        """A copy from before the loan is put in place of the log."""
        self.stage.head("4a. Cut back: the copy from before the loan is put in place")
        stage = self.stage
        stage.move("office.log", "true.log")
        stage.move("cut.log", "office.log")
        self._passes("office.log", "--log-id", "log-id.txt")
        self._convicted("cut back by one record", "office.log", "rollback")
        refused = stage.chainlog(
            "receipt", "check", "11.receipt", "--log-id", "log-id.txt", "--genesis", "0.receipt", "--log", "office.log", status=1,
            says=lambda a: f"the receipt of the loan convicts too: {a['fields']['finding']}",
        )  # fmt: skip
        stage.require(refused["fields"]["finding"], "truncated", what="the receipt against the log cut back")
        stage.count("  the receipt against it", "truncated")
        stage.move("office.log", "cut.log")
        stage.move("true.log", "office.log")

    def forked(self) -> None:
        """The copy goes on differently."""
        self.stage.head("4b. Forked: the copy goes on differently")
        self.stage.chainlog("backup", "cut.log", "fork.log", says="the story branches here")
        self._append("fork.log", "other.jsonl", _OTHER_STORY, "the same key signs another story")
        self._passes("fork.log", "--log-id", "log-id.txt")
        self._convicted("forked", "fork.log", "fork")

    def recreated(self) -> None:
        """Another log under the same name."""
        self.stage.head("4c. Made anew under its name, with its keys")
        self._init("anew.log", "a log of the same name")
        self._passes("anew.log")
        self._convicted("made anew under its name", "anew.log", "recreated")

    def false_maps(self) -> None:
        """Bundles that leave something out, with a map that agrees."""
        self.stage.head("4d. A bundle that leaves out the loan, by a map that agrees")
        for name, whole, what in (("last", False, "its last record"), ("all", True, "the carrier")):
            self._false_map(name, whole=whole, what=what)
        found = self.stage.chainlog(
            "verify", "last.log", "--log-id", "log-id.txt", status=1,
            says=lambda a: "whoever has the log sees it too: " + ", ".join(f["code"] for f in a["findings"]),
        )  # fmt: skip
        self.stage.require([one["code"] for one in found["findings"]], ["false-map"], what="what an audit finds")

    def _false_map(self, name: str, *, whole: bool, what: str) -> None:
        stage, bundle, evidence = self.stage, f"{name}.bundle", f"{name}.conflict"
        stage.chainlog("backup", "office.log", f"{name}.log", says=f"in this copy the keeper leaves out {what}")
        data = false_bundle(
            stage.directory / f"{name}.log", log_key=stage.directory / "keys/log.key", passphrase=_PASSPHRASE,
            subject=STICK, whole=whole,
        )  # fmt: skip
        (stage.directory / bundle).write_bytes(data)
        stage.say(f"the keeper commits to the map without {what}, and makes {bundle}")
        alone = stage.chainlog(
            "bundle", "verify", bundle, "--log-id", "log-id.txt", says=lambda a: f"passes: {_verdict(a)}"
        )
        stage.require(_verdict(alone), "genuine, complete as of 14 records", what="the false bundle by itself")
        theirs = self.second.run(
            f"../{bundle}", "--log-id", self.log_id, says=lambda a: f"passes there too: {_verdict(a)}"
        )
        for figure in _FIGURES:
            stage.require(theirs[figure], alone[figure], what=f"{figure} as the second verifier has it")
        held = self._held_bundle(bundle, "--evidence", evidence, status=1)
        stage.require(held, "left-out", what="the receipt against the false bundle")
        self._confirmed(evidence, "false-map", proved=True)
        stage.count(f"map without {what}", "alone complete; receipt: left-out; evidence twice")

    # --- what several parts do --------------------------------------------------------------------------------------

    def _init(self, log: str, says: str) -> str:
        """Make a log. Its id."""
        administrators = [word for name in ADMINISTRATORS for word in ("--administrator", f"p/{name}")]
        words = ("init", log, *_INIT, *administrators, "--make-keys", "keys", "--cost", "interactive")
        return str(self.stage.chainlog(*words, says=says)["log_id"])

    def _append(self, log: str, file: str, events: Any, says: str) -> None:
        self.stage.write(file, "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))
        keys = [word for name in (REGISTRAR, READER) for word in ("--key", f"keys/{name}.key")]
        self.stage.chainlog("append", log, file, *keys, says=says)

    def _receipt(self, index: int) -> None:
        self.stage.chainlog(
            "receipt", "make", "office.log", str(index), "--out", f"{index}.receipt", says="kept in the app's database"
        )

    def _passes(self, log: str, *known: str) -> None:
        """A false log is fine for who remembers nothing."""
        found = self.stage.chainlog("verify", log, *known, says=lambda a: f"passes by itself: {a['integrity']}")
        self.stage.require((found["integrity"], found["findings"]), ("intact", []), what=f"{log} by itself")

    def _convicted(self, what: str, log: str, kind: str) -> None:
        """The pin convicts a false log, and everybody can check the evidence."""
        evidence = f"{kind}.conflict"
        pin = self.stage.chainlog(
            "verify", log, "--pin", "office.pin", "--evidence", evidence, status=1,
            says=lambda a: f"the pin convicts it: {a['pin']['conflict']}; evidence in {a['pin']['evidence']}",
        )["pin"]  # fmt: skip
        self.stage.require((pin["state"], pin["conflict"]), ("refused", kind), what="the pin")
        self._confirmed(evidence, kind, proved=kind == "fork")
        self.stage.count(what, f"alone intact; pin: {kind}; evidence twice")

    def _held_bundle(self, bundle: str, *more: str, status: int) -> str:
        (held,) = self.stage.chainlog(
            "bundle", "verify", bundle, "--log-id", "log-id.txt", "--receipt", "11.receipt", *more, status=status,
            says=lambda a: f"the receipt of the loan: {a['receipts'][0]['result']}",
        )["receipts"]  # fmt: skip
        return str(held["result"])

    def _confirmed(self, evidence: str, kind: str, *, proved: bool) -> None:
        weight = "proves itself" if proved else "with the word of who brings it"
        found = self.stage.chainlog(
            "conflict", evidence, "--log-id", "log-id.txt", "--genesis", "0.receipt",
            says=lambda a: f"{a['kind']}; {weight}; the log's own keys signed it",
        )  # fmt: skip
        wanted = (kind, proved, True)
        self.stage.require((found["kind"], found["proved"], found["keys_known"]), wanted, what=evidence)
        theirs = self.second.run(
            f"../{evidence}", "--log-id", self.log_id, "--genesis", "../0.receipt",
            says=lambda a: f"the second verifier: {a['file']} holds",
        )  # fmt: skip
        there = (theirs.get("kind", theirs["file"]), theirs["proved"], theirs["keys_known"])
        self.stage.require(there, wanted, what=f"{evidence} as the second verifier has it")

    def closing(self) -> None:
        """The table."""
        self.stage.head("What came out")
        self.stage.table()
        print("\nevidence twice: it holds by chainlog conflict and by tools/verify_bundle.py")


def _verdict(answer: Any) -> str:
    return f"{answer['authenticity']}, {answer['completeness']} as of {answer['as_of']['size']} records"


def show(shown: Show, *, quick: bool, records: int) -> None:
    """All parts. Raises Stopped."""
    print(f"$ cd {shown.stage.directory}")
    variables = {name: value for name, value in _ENVIRONMENT.items() if name.startswith("CHAINLOG_")}
    print("$ export " + " ".join(f"{name}={value}" for name, value in variables.items()))
    for part in (
        shown.honest_log, shown.bundle, shown.control, shown.cut_back, shown.forked, shown.recreated, shown.false_maps,
    ):  # fmt: skip
        part()
    if not quick:
        show_go(shown.stage, vkey=shown.vkey)
        show_costs(shown.stage, records=records)
    shown.closing()


def main(arguments: list[str] | None = None, *, executing: Execute = execute) -> int:
    """Exit status. executing: what runs the commands."""
    parser = argparse.ArgumentParser(prog="show_proofs.py", description="Shows what chainlog's proofs are worth.")
    parser.add_argument("directory", nargs="?", type=Path, help="a new directory (build/proofs)")
    parser.add_argument("--quick", action="store_true", help="without Go and without the costs")
    parser.add_argument("--records", type=int, default=20_000, metavar="N", help="size of the tree that is timed")
    options = parser.parse_args(arguments)
    directory = (options.directory or _free(ROOT / "build")).resolve()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        parser.error(f"{directory} exists and isn't empty")
    directory.mkdir(parents=True, exist_ok=True)
    try:
        show(Show(directory, executing=executing), quick=options.quick, records=options.records)
    except Stopped as stopped:
        sys.stdout.flush()
        print(f"\nstopped: {stopped}", file=sys.stderr)
        return 1
    print(f"\nEverything came out as it must. The files are in {directory}.")
    return 0


def _free(parent: Path) -> Path:
    names = (parent / ("proofs" if number == 1 else f"proofs-{number}") for number in count(1))
    return next(path for path in names if not path.exists())


if __name__ == "__main__":
    raise SystemExit(main())

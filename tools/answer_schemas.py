"""JSON Schemas of what the command line answers with `--json`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chainlog import codes
from chainlog.event.types import LEVELS, PHASE
from tools.schema_words import DRAFT, HASH, SUBJECT, TIME, UUID, text

Schema = dict[str, Any]


def _object(title: str, properties: Mapping[str, Schema]) -> Schema:
    return {
        "$schema": DRAFT,
        "title": title,
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [{"type": "null"}, schema]}


_TEXT: Final[Schema] = {"type": "string"}
_INDEX: Final[Schema] = {"type": "integer", "minimum": 0}


def verify_schema() -> Schema:
    """`verify --json`: one object (FORMAT.md 14.1)."""
    finding = {
        "type": "object",
        "properties": {
            "code": {"enum": list(codes.CODES)},
            "index": _or_null(_INDEX),
            "subject": _TEXT,
            "detail": _TEXT,
        },
        "required": ["code", "index", "subject", "detail"],
    }
    reason = {"type": "object", "properties": {"what": _TEXT, "reason": _TEXT}, "required": ["what", "reason"]}
    pin = _object(
        "With --pin: what became of it",
        {
            "file": _TEXT,
            "state": {"enum": ["made", "moved", "kept", "refused"]},
            "size": _or_null(_INDEX),
            "conflict": _or_null({"enum": ["fork", "rollback", "recreated"]}),
            "evidence": _or_null(_TEXT),
        },
    )
    stamp = {
        "type": "object",
        "properties": {
            "file": _TEXT,
            "size": _INDEX,
            "root": text(HASH),
            "time": text(TIME),
            "accuracy_us": _or_null(_INDEX),
            "authority": _TEXT,
        },
        "required": ["file", "size", "root", "time", "accuracy_us", "authority"],
        "additionalProperties": False,
    }
    answer = _object(
        "The answer of verify --json",
        {
            "log_id": _or_null(text(HASH)),
            "origin": text(r"^([a-z0-9.-]{1,64}/[0-9a-f]{64})?$"),
            "trust": {"enum": ["pinned", "self-consistent"]},
            "size": _INDEX,
            "root": _or_null(text(HASH)),
            "integrity": {"enum": ["intact", "broken", "unreadable"]},
            "findings": {"type": "array", "items": finding},
            "not_checked": {"type": "array", "items": reason},
        },
    )
    answer["properties"]["time_stamps"] = {"type": "array", "items": stamp}
    hole = _row(index=_INDEX, recorded_at=text(TIME), lost_from=_INDEX, known_size=_INDEX, known_root=text(HASH))
    answer["properties"]["recovered"] = _array(hole)
    answer["required"] += ["time_stamps", "recovered"]
    answer["properties"]["pin"] = {key: value for key, value in pin.items() if key != "$schema"}
    return answer


def bundle_schema() -> Schema:
    """`bundle verify --json`: one object (FORMAT.md, evidence bundles)."""

    def row(**properties: Schema) -> Schema:
        return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}

    def rows(**properties: Schema) -> Schema:
        return {"type": "array", "items": row(**properties)}

    remarks = {"enum": ["unknown-kind", "break-glass", "doubtful"]}
    answer = _object(
        "The answer of bundle verify --json",
        {
            "log_id": text(HASH),
            "origin": text(r"^[a-z0-9.-]{1,64}/[0-9a-f]{64}$"),
            "authenticity": {"enum": ["genuine", "keys-unproven", "untrusted"]},
            "completeness": {"enum": ["complete", "complete-to", "selection"]},
            "complete_to": _or_null(_INDEX),
            "as_of": row(
                size=_INDEX, root=text(HASH), committed=_or_null(_INDEX), index=_INDEX, recorded_at=text(TIME)
            ),
            "subjects": rows(subject=text(SUBJECT), records=_INDEX, whole={"type": "boolean"}, position=_INDEX),
            "also_shown": {"type": "array", "items": text(r"^c(/[^/]+)+$")},
            "records": {"type": "array", "items": _INDEX},
            "openings": rows(event_id=text(r"^[0-9a-f]{32}$"), path=_TEXT, text=_TEXT),
            "witnesses": rows(name=_TEXT, time_s=_INDEX),
            "time_stamps": rows(time=text(TIME), accuracy_us=_or_null(_INDEX), authority=_TEXT),
            "findings": rows(code=remarks, index=_INDEX, subject=_TEXT, detail=_TEXT),
            "not_checked": rows(what=_TEXT, reason=_TEXT),
        },
    )
    # With --receipt alone.
    results = {"enum": ["shown", "left-out", "open"]}
    answer["properties"]["receipts"] = rows(file=_TEXT, index=_INDEX, result=results, evidence=_or_null(_TEXT))
    return answer


def custody_schema() -> Schema:
    """`custody --json`: one object a line."""
    return _object(
        "A line of custody --json: where one carrier is",
        {
            "carrier": text(r"^c(/[^/]+)+$"),
            "phase": {"enum": list(PHASE.values)},
            "level": _or_null({"enum": list(LEVELS)}),
            "holder": _or_null(text(r"^[pu](/[^/]+)+$")),
            "stated": {"type": "array", "items": _TEXT},
            "place": _or_null(text(r"^w(/[^/]+)+$")),
            "since_index": _or_null(_INDEX),
            "since": _or_null(text(TIME)),
            "due": _or_null(text(TIME)),
            "evidence": {"enum": ["both", "one", "none"]},
        },
    )


_SEVERITY: Final[Schema] = {"enum": ["critical", "high", "medium", "low", "info"]}
_RULE: Final = r"^[A-Z]{3}-[0-9]{1,2}[a-z]?$"
_ID: Final = r"^[0-9a-f]{16}$"
_NAMED: Final = r"^[cdilpsuw]/"
_BOOL: Final[Schema] = {"type": "boolean"}


def _row(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _array(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _finding() -> Schema:
    return _row(
        id=text(_ID),
        code=text(_RULE),
        severity=_SEVERITY,
        state={"enum": ["open", "closed", "explained"]},
        subject=text(_NAMED),
        evidence=_array(_INDEX),
        article=_TEXT,
        parameters={"type": "object"},
        since=text(TIME),
        due=_or_null(text(TIME)),
        as_of=text(TIME),
        message_zh=_TEXT,
        message_en=_TEXT,
        grade={"enum": ["signed", "imported"]},
    )


def _due(*states: str) -> Schema:
    return _row(
        id=text(_ID),
        code=text(_RULE),
        state={"enum": list(states)},
        subject=text(_NAMED),
        due=text(TIME),
        origin=_INDEX,
        article=_TEXT,
        message_zh=_TEXT,
        message_en=_TEXT,
    )


_MISSING: Final[Schema] = _row(code=text(_RULE), year=text(r"^[0-9]{1,4}$"), subject=text(_NAMED))
_QUESTION: Final[Mapping[str, Schema]] = {
    "id": text(_RULE),
    "zh": _TEXT,
    "en": _TEXT,
    "article": _TEXT,
    "attested": _BOOL,
}


def _one_of(title: str, *kinds: tuple[str, Schema]) -> Schema:
    """Lines of several kinds."""
    return {"$schema": DRAFT, "title": title, "oneOf": [{"title": name, **schema} for name, schema in kinds]}


def findings_schema() -> Schema:
    """`findings --json`: one object a line."""
    matter = _row(severity=_SEVERITY, open=_BOOL, evidence=_array(_INDEX), findings=_array(_finding()))
    return _one_of(
        "A line of findings --json",
        ("A rule that was not kept", _finding()),
        ("With --incidents: findings on overlapping evidence, the gravest first", matter),
        ("A rule that couldn't be judged for want of the calendar of a year", _row(unjudged=_MISSING)),
    )


def due_schema() -> Schema:
    """`due --json`: one object a line."""
    return _one_of(
        "A line of due --json",
        ("What is overdue (a finding of the same id), or falls due", _due("overdue", "due")),
        ("A rule that couldn't be judged for want of the calendar of a year", _row(unjudged=_MISSING)),
    )


def rules_schema() -> Schema:
    """`rules --json`: one object a line."""
    rule = _row(
        id=text(_RULE),
        chapter=text(r"^[A-Z]{3}$"),
        zh=_TEXT,
        en=_TEXT,
        article=_TEXT,
        severity=_SEVERITY,
        of=_array({"enum": list("cdlipuws")}),
        basis={"enum": ["L", "L+R", "L+T"]},
        needs=_array(_TEXT),
        parameters=_array(_TEXT),
        asked=_or_null(_BOOL),
        missing=_or_null(_array(_TEXT)),
        switched_off=_or_null(_BOOL),
    )
    question = _row(question={"const": True}, **_QUESTION)
    return _one_of("A line of rules --json", ("A rule", rule), ("With --questions: what a person has to ask", question))


def _figures() -> Schema:
    names = (
        "carriers", "in_stock", "out", "ended", "missing", "unentered", "disordered", "documents", "stated", "unbalanced",
        "imported", "voided", "unknown", "groups", "usual_times", "at_once", "busiest_times",
    )  # fmt: skip
    return _row(
        **dict.fromkeys(names, _INDEX),
        committed=_or_null(_INDEX),
        usual=_array(_TEXT),
        namesakes={"type": "object"},
        look_alikes=_array(_array(_TEXT)),
        busiest=_TEXT,
        acts={"type": "object"},
    )


def _side(**more: Schema) -> Schema:
    return _row(
        verdict={"enum": ["clear", "open"]}, findings=_INDEX, open=_INDEX, incidents=_INDEX, open_incidents=_INDEX,
        by_severity={"type": "object"}, listed=_array(_finding()), **more,
    )  # fmt: skip


def report_schema() -> Schema:
    """`report --json`: one object."""
    audited = _row(code={"enum": list(codes.CODES)}, index=_or_null(_INDEX), subject=_TEXT, detail=_TEXT)
    judged = {"enum": ["yes", "no", "not_judged"]}
    check = _row(zh=_TEXT, en=_TEXT, verdict=judged, detail_zh=_TEXT, detail_en=_TEXT)
    return _object(
        "The answer of report --json",
        {
            "log": _row(
                log_id=text(HASH), name=_TEXT, title=_TEXT, unit=text(r"^u/"), size=_INDEX, head=text(HASH), root=text(HASH)
            ),
            "release": _TEXT,
            "as_of": text(TIME),
            "size": _INDEX,
            "policy": _row(
                profile=_TEXT, version=_TEXT, effective_at=text(TIME), rules_asked=_INDEX, rules_known=_INDEX, rules_refused=_INDEX
            ),
            "integrity": _row(
                verdict={"enum": ["intact", "broken", "unreadable", "not_verified"]},
                trust=_or_null({"enum": ["pinned", "self-consistent"]}),
                size=_or_null(_INDEX),
                root=_or_null(text(HASH)),
                findings=_array(audited),
                not_checked=_array(_row(what=_TEXT, reason=_TEXT)),
            ),
            "completeness": _side(figures=_figures()),
            "compliance": _side(),
            "overdue": _row(total=_INDEX, listed=_array(_finding())),
            "due": _row(total=_INDEX, listed=_array(_due("due"))),
            "self_assessment": _array(
                _row(
                    id=_TEXT, zh=_TEXT, en=_TEXT, result={"enum": ["conform", "not_conform", "not_judged"]},
                    reason=_or_null({"enum": ["no_acts", "not_asked", "no_calendar"]}), acts=_INDEX, open=_INDEX, closed=_INDEX,
                    explained=_INDEX, rules=_array(text(_RULE)), not_asked=_array(text(_RULE)), records=_array(_INDEX),
                )
            ),
            "archive": _array(_row(id=_TEXT, zh=_TEXT, en=_TEXT, verdict=judged, checks=_array(check))),
            "unjudged": _array(_MISSING),
            "questions": _array(_row(**_QUESTION)),
        },
    )  # fmt: skip


_RANGE: Final[Schema] = _row(start=_INDEX, stop=_INDEX)
_WANTED: Final[Schema] = _row(role=_TEXT, person=_TEXT, missing=_INDEX)


def salvage_schema() -> Schema:
    """`salvage --json`: one object."""
    source = _row(path=_TEXT, rows=_INDEX, torn=_INDEX, problem=_TEXT, taken=_INDEX)
    place = _row(index=_INDEX, path=_TEXT)
    fork = _row(
        size=_INDEX, root=text(HASH), head=_TEXT, parts_at=_or_null(_INDEX), explained=_BOOL, copy=_or_null(_TEXT)
    )
    answer = _object(
        "The answer of salvage --json",
        {
            "new": _TEXT, "log_id": text(HASH), "name": _TEXT, "trust": {"enum": ["pinned", "self-consistent"]},
            "whole": _BOOL, "finished": _BOOL, "size": _INDEX, "root": text(HASH),
            "known_size": _INDEX, "known_root": text(HASH), "sources": _array(source),
            "repaired": _array(_INDEX), "stopped": _TEXT, "beyond": _INDEX, "remains": _or_null(_TEXT),
            "lost_from": _or_null(_INDEX), "lost": _array(_RANGE), "lost_count": _INDEX,
            "subjects": _array(_row(subject=_TEXT, missing=_INDEX, records=_array(_INDEX))),
            "sealed": _row(copied=_INDEX, lost=_array(place), withheld=_array(place)),
            "forks": _array(fork), "checkpoints_unverified": _INDEX, "recovered": _or_null(_INDEX),
        },
    )  # fmt: skip
    # Where the new log waits for signatures.
    answer["properties"] |= {"draft": _TEXT, "wanted": _array(_WANTED)}
    return answer


def recover_schema() -> Schema:
    """`recover --json`: one object."""
    return _object(
        "The answer of recover --json", {"new": _TEXT, "log_id": text(HASH), "recovered": _INDEX, "size": _INDEX}
    )


def remains_schema() -> Schema:
    """`remains --json`: one object a line."""
    opening = _row(
        what={"const": "salvage"}, version={"const": 1}, log_id=text(HASH), name=_TEXT, saved=_INDEX, known_size=_INDEX,
        known_root=text(HASH), head=_or_null(_TEXT), places_checked=_BOOL, proven=_or_null(_INDEX),
        flaws=_array({"enum": ["cut-short", "altered", "incomplete"]}),
    )  # fmt: skip
    signer = _row(role=_TEXT, key=text(HASH), person=_or_null(_TEXT))
    record = _row(
        what={"const": "record"}, index=_INDEX, record_hash=text(HASH), signers=_array(signer), kind=_TEXT, id=text(UUID),
        place={"enum": ["proven", "stated", "contradicted", "alone"]}, subjects=_array(_TEXT), record=_TEXT,
        event={"type": "object"},
    )  # fmt: skip
    lost = _row(what={"const": "lost"}, start=_INDEX, stop=_INDEX, hashes=_array(text(HASH)))
    subject = _row(what={"const": "subject"}, subject=_TEXT, missing=_INDEX, records=_array(_INDEX))
    return _one_of(
        "A line of remains --json",
        ("The first one: what was saved, and what is wrong with the file", opening),
        ("A record that isn't in the new log; persons by the log that was given", record),
        ("Records that are lost", lost),
        ("A subject that lacks records", subject),
    )


def schemas() -> dict[str, Schema]:
    """Name of the command to schema."""
    return {
        "verify": verify_schema(),
        "bundle": bundle_schema(),
        "custody": custody_schema(),
        "findings": findings_schema(),
        "due": due_schema(),
        "rules": rules_schema(),
        "report": report_schema(),
        "salvage": salvage_schema(),
        "recover": recover_schema(),
        "remains": remains_schema(),
    }

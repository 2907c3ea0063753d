"""The reference pages below docs/reference, from the tables in the code. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from chainlog import codes, errors
from chainlog.authority.parameters import CATALOGUE
from chainlog.event.kind import ROLES
from chainlog.event.types import COMMON
from chainlog.rules.asking import readers_of_family
from tools.format_rules import rules_page
from tools.format_tables import (
    FAMILIES,
    by_family,
    field_list,
    moves_text,
    parameters_text,
    shown,
    signs_text,
    subjects_text,
    table,
    types_text,
)

_MADE = "<!-- Made by tools/gen_format.py; edits are lost. -->\n\n"

_BRANCHES = {
    "UsageError": ("调用方", "what was asked for can't be done here, whatever the log holds"),
    "ConflictError": ("请重试", "nothing is wrong with the request, only the moment: try again"),
    "FormatError": ("字节", "these bytes or values aren't what they should be"),
    "VerificationError": ("证据", "well-formed bytes that claim something false"),
    "StoreError": ("机器", "disk, lock, file; what was acknowledged before is intact"),
}


def _errors(cls: type[errors.ChainlogError]) -> Iterator[type[errors.ChainlogError]]:
    yield cls
    for inner in cls.__subclasses__():
        # Programs that import this may have made classes of their own.
        if inner.__module__.startswith("chainlog."):
            yield from _errors(inner)


def _code(value: str) -> str:
    return value.replace("{", "‹").replace("}", "›")


def _own_status(cls: type[errors.ChainlogError], branch: type[errors.ChainlogError]) -> str:
    return "" if cls.exit_status == branch.exit_status else f" Exit status {cls.exit_status}."


def errors_page() -> str:
    """Every error class: code, exit status, texts, when."""
    parts = [
        "# Errors\n\n",
        _MADE,
        (
            "Everything that chainlog raises descends from `chainlog.errors.ChainlogError`. `code` is stable; the texts are not, "
            "and hold the error's fields in ‹ ›. The exit status is that of the command line. `TypeError` and `AssertionError` "
            "mean a mistake in the program.\n"
        ),
    ]
    for branch in list(_errors(errors.ChainlogError))[1:]:
        if branch.__base__ is not errors.ChainlogError:
            continue
        zh, en = _BRANCHES[branch.__name__]
        parts.append(f"\n## {branch.__name__} {zh}\n\nExit status {branch.exit_status}: {en}.\n\n")
        rows = [
            (
                f"`{cls.code}`",
                f"`{cls.__name__}`",
                " ".join(inspect.cleandoc(cls.__doc__ or "").split()) + _own_status(cls, branch),
                _code(cls.zh),
                _code(cls.en),
            )
            for cls in _errors(branch)
        ]
        parts.append(table(("code", "class", "when", "中文", "English"), rows))
    return "".join(parts)


def findings_page() -> str:
    """The integrity codes."""
    refused = "appending it is refused; an audit finds it where it stands all the same"
    found = "only an audit meets it, or appending it is allowed"
    said = "a remark"
    parts = [
        "# Integrity findings\n\n",
        _MADE,
        (
            "What `verify` reports, and, as `finding` of a refused append, why a record may not stand. The procedure is section 14 of "
            "[FORMAT.md](../../schemas/FORMAT.md). Findings of the [rules](rules.md) (CLS-1, DES-3 …) are another matter.\n\n"
        ),
        f"- *refused*: {refused}.\n- *found*: {found}.\n",
    ]
    if any(code.answer == "said" for code in codes.CODES.values()):
        parts.append(f"- *said*: {said}.\n")
    parts.append("\n")
    rows = [(f"`{name}`", code.answer, code.zh, code.en) for name, code in codes.CODES.items()]
    parts.append(table(("code", "answer", "中文", "English"), rows))
    return "".join(parts)


def events_page() -> str:
    """The kinds, with their fields and roles, in both languages."""
    parts = [
        "# Events\n\n",
        _MADE,
        (
            "Every kind of event, from the one table that also makes the schemas, the imports and appendix A of "
            "[FORMAT.md](../../schemas/FORMAT.md). `name?` may be absent. *Subjects*: `c` one carrier, `c+` one or more, `c*` any number, "
            "`c?` at most one; persons and keys are subjects besides. *Signs*: by default; a policy may want others. *Moves*: a draft is "
            "stale if what it moves was moved meanwhile.\n\n## Fields that every kind may have\n\n"
        ),
        table(("field", "type"), [(f"`{name}`", shown(field)) for name, field in COMMON.items()]),
    ]
    for name, kinds in by_family():
        zh, _, en = FAMILIES[name].partition(": ")
        parts.append(f"\n## {zh}: {en}\n\n")
        rows = [
            (
                f"`{kind.name}`",
                kind.zh,
                kind.en,
                field_list(kind.own) or "none",
                subjects_text(kind),
                signs_text(kind),
                moves_text(kind),
            )
            for kind in kinds
        ]
        parts.append(table(("kind", "中文", "English", "fields", "subjects", "signs", "moves"), rows))
    parts.append("\n## Roles\n\n")
    parts.append(table(("role", "中文", "English"), [(f"`{role}`", zh, en) for role, (zh, en) in ROLES.items()]))
    parts.append("\n## Types\n\n" + types_text())
    return "".join(parts)


def parameters_page() -> str:
    """The policy parameters."""
    return (
        "# Policy parameters\n\n"
        + _MADE
        + "A policy is a full set of these. A rule whose parameter is not in the set doesn't run. "
        "`[.<level>]` may be absent; the more specific name counts. A duration is a number and `m` `h` `d` `wd` `mo` or `y`: minutes, "
        "hours, days, working days, calendar months, years.\n\n"
        + parameters_text()
        + "\n## Rules that read them\n\n"
        + table(("name", "rules"), [(f"`{p.names}`", " ".join(readers_of_family(p)) or "—") for p in CATALOGUE])
    )


def pages() -> dict[str, str]:
    """Path below the root to content."""
    return {
        "docs/reference/errors.md": errors_page(),
        "docs/reference/findings.md": findings_page(),
        "docs/reference/events.md": events_page(),
        "docs/reference/parameters.md": parameters_page(),
        "docs/reference/rules.md": rules_page(),
    }

"""Write docs/threat-model.md from the trials of tests/attacks.

    python tools/threat_model.py [--check]

With --check nothing is written, and the exit status is 1 where the file differs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.attacks.answers import KINDS, POWERS, TRIALS, Answer, Trial  # noqa: E402

PAGE = "docs/threat-model.md"
# Groups of the catalogue: how many ids each has, what it is about, the module that tries it.
GROUPS = {
    "ST": (19, "Bytes on disk", "test_storage"),
    "CF": (13, "The canonical form of records", "test_canonical_form"),
    "HC": (12, "Chain and tree", "test_chain"),
    "SK": (25, "Signatures, keys, posts", "test_signatures"),
    "TP": (15, "Two persons who supervise", "test_two_persons"),
    "TM": (7, "Time", "test_time"),
    "TR": (11, "Truncation, rollback, fork", "test_rollback"),
    "PC": (21, "Processes, crashes, several at once", "test_processes"),
    "RE": (20, "Resources and hostile input", "test_input"),
    "KF": (10, "Key files", "test_key_files"),
    "EB": (14, "Bundles of evidence", "test_bundles"),
}
_INTRO = """\
# Threat model

What was tried against a log, and what came of it. Every row is a test in `tests/attacks/` that does the thing for real; this page
is written from the tests by `tools/threat_model.py`. SECURITY.md says what follows from it.
"""


def ids() -> list[str]:
    """Every id of the catalogue, in its order."""
    return [f"{group}{number:02}" for group, (count, _, _) in GROUPS.items() for number in range(1, count + 1)]


def trials() -> list[Trial]:
    """Every trial, in the order of the catalogue."""
    for _, _, module in GROUPS.values():
        # A group that is too long for one module goes on in others, whose names begin alike.
        for path in sorted((ROOT / "tests" / "attacks").glob(f"{module}*.py")):
            importlib.import_module(f"tests.attacks.{path.stem}")
    # A test module may have been imported under another name before.
    found = {(trial.id, trial.test): trial for trial in TRIALS}
    return sorted(found.values(), key=lambda trial: (list(GROUPS).index(trial.id[:2]), trial.id))


def page() -> str:
    """The text of the page."""
    return "\n".join([_INTRO, *_legend(), *_tables()]) + "\n"


def _legend() -> Iterator[str]:
    yield "## How to read it\n"
    yield "| power | who |\n|---|---|"
    yield from (f"| {letter} | {who} |" for letter, who in POWERS.items())
    yield "\n| answer | which means | rows |\n|---|---|--:|"
    for kind, meaning in KINDS.items():
        yield f"| {kind} | {meaning} | {sum(any(one.kind == kind for one in trial.answers) for trial in trials())} |"
    yield ""


def _tables() -> Iterator[str]:
    for group, (_, title, module) in GROUPS.items():
        modules = sorted({trial.module for trial in trials() if trial.id.startswith(group)}) or [module]
        yield f"## {title}\n\n{', '.join(f'`tests/attacks/{one}.py`' for one in modules)}\n"
        yield "| id | who | what is tried | answer | test |\n|---|---|---|---|---|"
        for trial in trials():
            if trial.id.startswith(group):
                what = f"{trial.what}. {trial.note}".strip() if trial.note else trial.what
                answers = ", then ".join(_shown(one) for one in trial.answers)
                yield f"| {trial.id} | {' '.join(trial.powers)} | {what} | {answers} | `{trial.test}` |"
        yield ""


def _shown(answer: Answer) -> str:
    codes = ", ".join(f"`{code}`" for code in answer.codes)
    return f"{answer.kind} ({codes})" if codes else answer.kind


def differing(root: Path = ROOT) -> list[str]:
    """The page, if it isn't the one that the trials give."""
    target = root / PAGE
    return [] if target.exists() and target.read_text(encoding="utf-8") == page() else [PAGE]


def main() -> int:
    """Run it. Returns the exit status."""
    found = differing()
    if "--check" in sys.argv[1:]:
        for path in found:
            print(f"{path} differs; run python tools/threat_model.py", file=sys.stderr)
        return 1 if found else 0
    for path in found:
        (ROOT / path).write_text(page(), encoding="utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

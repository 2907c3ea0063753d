"""House rules that no other tool holds. Reads the tree, changes nothing.

    python tools/tidy.py        exit with 1 where a rule is broken

The rules: no Python file over 400 lines, no function over 70, no module of the package that the package
doesn't use, no leftover marks, no `type: ignore` that isn't listed here, no file over 1 MiB, no path of some
machine. What is excepted stands in `EXCEPTIONS` with its reason; one that excepts nothing is itself reported,
so the list can only shrink.
Known limit: names in strings count as uses only where the whole string is the module's dotted name.
"""

from __future__ import annotations

import ast
import io
import re
import shutil
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

MODULE_LINES_MAX = 400
# A file of tests is read case by case, and its cases stand beside each other.
TEST_LINES_MAX = 900
FUNCTION_LINES_MAX = 70
FILE_BYTES_MAX = 1_048_576

# (path, rule) → why. A `type: ignore` is excepted by its file and count: rule "type-ignore:2".
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("chainlog/errors.py", "long-module"): "one tree of errors, read and documented as one",
    ("chainlog/event/types.py", "type-ignore:3"): "types built at run time can't be spelt for a type checker",
    ("chainlog/store/lmdb_forensic.py", "type-ignore:1"): "lmdb.verify has no types",
    ("tools/mutants.py", "type-ignore:4"): "mutmut has no types, and a path of pytest's is set that it keeps to itself",
    (
        "tools/verify_log.py",
        "long-module",
    ): "one file that an auditor reads from top to bottom, importing nothing of ours",
    (
        "tools/verify_bundle.py",
        "long-module",
    ): "one file that an auditor reads from top to bottom, importing nothing of ours",
    ("chainlog/forensics/true_rows.py", "type-ignore:1"): "one of two values is there, which types can't say",
    ("chainlog/forensics/child.py", "unused-module"): "it is started as a process of its own",
    ("chainlog/store/memory.py", "unused-module"): "the memory store is for the tests of applications",
}

# Lines that need a `type: ignore` wherever they stand: index and count are terms of the format, and as fields of a
# NamedTuple they hide tuple's methods, which nobody calls on a record.
_ALLOWED_IGNORE = re.compile(r"^    (?:count|index): int  # type: ignore\[assignment\]")

_SKIPPED = {".git", ".venv", "build", "dist", "__pycache__", "node_modules"}

# Brackets keep each pattern from matching itself.
_WORDS = {
    "leftover": re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b"),
    "machine-path": re.compile(r"(?<![\w.}\])>*/-])/(?:wor[k]|roo[t]|hom[e]|User[s])(?=[/\s\"'`),:;]|$)"),
    "issue-number": re.compile(r"\b(?:issu[e]|pull reques[t]|P[R]) ?#\d+", re.IGNORECASE),
}


class Problem(NamedTuple):
    """A broken rule: where, which, and what is wrong."""

    path: str
    line: int
    rule: str
    detail: str


def files(root: Path) -> list[str]:
    """Paths below *root* that belong to the project, with slashes, sorted: what git has or would take."""
    if (root / ".git").exists() and shutil.which("git"):
        command = [
            "git",
            "-c",
            f"safe.directory={root}",
            "-C",
            str(root),
            "ls-files",
            "-z",
            "-co",
            "--exclude-standard",
        ]
        listing = subprocess.run(command, check=True, capture_output=True).stdout.decode()
        return sorted(path for path in listing.split("\0") if path and (root / path).is_file())
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if not _skipped(path.parts))


def _skipped(parts: tuple[str, ...]) -> bool:
    return (
        any(part in _SKIPPED or part.endswith(("_cache", ".egg-info")) for part in parts) or parts[0] == ".hypothesis"
    )


def size_problems(root: Path, path: str) -> Iterator[Problem]:
    """Files that would weigh on every clone for ever."""
    size = (root / path).stat().st_size
    if size > FILE_BYTES_MAX:
        yield Problem(path, 0, "large-file", f"{size} bytes, at most {FILE_BYTES_MAX}")


def word_problems(path: str, text: str) -> Iterator[Problem]:
    """Words that the project doesn't contain."""
    for number, line in enumerate(text.splitlines(), 1):
        for rule, pattern in _WORDS.items():
            if match := pattern.search(line):
                yield Problem(path, number, rule, match[0])


def length_problems(path: str, text: str) -> Iterator[Problem]:
    """Modules and functions that are too long, docstrings included."""
    lines = text.count("\n")
    most = TEST_LINES_MAX if path.startswith("tests/") else MODULE_LINES_MAX
    if lines > most:
        yield Problem(path, lines, "long-module", f"{lines} lines, at most {most}")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                detail = f"{node.name}: {length} lines, at most {FUNCTION_LINES_MAX}"
                yield Problem(path, node.lineno, "long-function", detail)


def ignore_problems(path: str, text: str) -> Iterator[Problem]:
    """Each `type: ignore`; a file's number of them is what an exception names."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    found = [token for token in comments if re.search(r"#\s*type:\s*ignore", token.string)]
    found = [token for token in found if not _ALLOWED_IGNORE.match(token.line)]
    for token in found:
        yield Problem(path, token.start[0], f"type-ignore:{len(found)}", token.string)


def module_name(path: str) -> str:
    """Dotted name of a file of the package."""
    parts = path.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def used_names(path: str, text: str) -> Iterator[str]:
    """Every dotted name that a module may use as a module."""
    package = module_name(path).split(".")
    if not path.endswith("/__init__.py"):
        package = package[:-1]
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                base = package[: len(package) - node.level + 1] if node.level else []
                origin = ".".join([*base, *([node.module] if node.module else [])])
                yield origin
                yield from (f"{origin}.{alias.name}" for alias in node.names)
            case ast.Constant(value=str(text)) if text.startswith("chainlog."):
                yield text


def unused_problems(root: Path, sources: dict[str, str]) -> Iterator[Problem]:
    """Modules of the package that nothing in the package uses: tests alone keep no code alive."""
    package = {path: text for path, text in sources.items() if path.startswith("chainlog/")}
    used = {name for path, text in package.items() for name in used_names(path, text) if name != module_name(path)}
    project = root / "pyproject.toml"
    if project.exists():
        scripts = tomllib.loads(project.read_text(encoding="utf-8"))["project"].get("scripts", {})
        used |= {target.partition(":")[0] for target in scripts.values()}
    for path in package:
        if not path.endswith(("/__init__.py", "/__main__.py")) and module_name(path) not in used:
            yield Problem(path, 0, "unused-module", "nothing in the package imports it")


def all_problems(root: Path) -> Iterator[Problem]:
    """Every broken rule, exceptions not yet considered."""
    sources: dict[str, str] = {}
    for path in files(root):
        yield from size_problems(root, path)
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            continue
        yield from word_problems(path, text)
        if path.endswith(".py"):
            sources[path] = text
    for path, text in sources.items():
        yield from length_problems(path, text)
        if not path.startswith("tests/"):  # there, wrong types are handed over on purpose
            yield from ignore_problems(path, text)
    yield from unused_problems(root, sources)


def problems(root: Path, exceptions: dict[tuple[str, str], str]) -> list[Problem]:
    """What is left after *exceptions*, and the exceptions that were not needed."""
    found = list(all_problems(root))
    left = [problem for problem in found if (problem.path, problem.rule) not in exceptions]
    met = {(problem.path, problem.rule) for problem in found}
    unmet = [Problem(path, 0, rule, "excepted, but kept: remove the exception") for path, rule in exceptions]
    return left + [problem for problem in unmet if (problem.path, problem.rule) not in met]


def main() -> int:
    """Print what is broken. Exit status."""
    found = problems(ROOT, EXCEPTIONS)
    for path, line, rule, detail in found:
        print(f"{path}:{line}: {rule}: {detail}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())

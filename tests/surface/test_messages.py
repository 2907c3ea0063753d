"""Whatever a command can say, it says in Chinese too: each error that forensics and commands raise has both texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainlog import errors
from chainlog.cli.texts import detail_zh

ROOT = Path(__file__).parents[2] / "chainlog"
ROOMS = ("forensics", "cli")
ERRORS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ChainlogError)
}


BLANKS = ("1", "ab" * 32)


def sample(node: ast.expr, blank: str) -> str | None:
    """A text as it could come out, *blank* in its blanks; None where the code doesn't say it, or it is all blanks."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    words = [str(part.value) for part in node.values if isinstance(part, ast.Constant)]
    if not any(char.isalpha() for char in "".join(words)):
        return None
    return "".join(str(part.value) if isinstance(part, ast.Constant) else blank for part in node.values)


def untold(source: str) -> Iterator[str]:
    """Details of errors that have no Chinese."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in ERRORS:
            continue
        named = {word.arg: word.value for word in node.keywords}
        detail = node.args[0] if node.args else named.get("detail")
        if detail is None or "detail_zh" in named or "{detail}" not in ERRORS[node.func.id].zh:
            continue
        texts = [text for blank in BLANKS if (text := sample(detail, blank)) is not None]
        if texts and all(detail_zh(text) is None for text in texts):
            yield texts[0]


@pytest.mark.parametrize("room", ROOMS)
def test_every_message_has_both_languages(room: str) -> None:
    found = {path.name: list(untold(path.read_text(encoding="utf-8"))) for path in sorted((ROOT / room).glob("*.py"))}
    assert len(found) > 20
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_one_that_has_not_is_seen() -> None:
    said = 'raise UsageError(f"{path} is a teapot, {n} cups")\nraise FormatError("a", detail_zh="甲")\nraise UsageError(said)'
    assert list(untold(said)) == ["1 is a teapot, 1 cups"]

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import chainlog
from chainlog.codes import CODES, Answer

PACKAGE = Path(chainlog.__file__).parent


def named_codes() -> list[tuple[str, object]]:
    """(file, code) of every `Problem("…")` of the judges."""
    found: list[tuple[str, object]] = []
    for path in (PACKAGE / "authority").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    found.append((path.name, first.value))
    return found


def test_every_code_has_an_answer_and_both_texts():
    for code, entry in CODES.items():
        assert re.fullmatch("[a-z]+(-[a-z]+)*", code)
        assert entry.answer in get_args(Answer), code
        assert re.search("[一-鿿]", entry.zh), code
        assert entry.en.isascii(), code
        assert entry.en == entry.en.strip(" ."), code


def test_texts_are_unique():
    assert len({entry.zh for entry in CODES.values()}) == len(CODES)
    assert len({entry.en for entry in CODES.values()}) == len(CODES)


def test_whoever_judges_uses_codes_of_the_list():
    found = named_codes()
    assert len(found) > 20
    assert [(file, code) for file, code in found if code not in CODES] == []

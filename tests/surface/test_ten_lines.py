"""The ten lines of both README files go as they stand: an office is made, a register is imported, and it is known who has what."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.command_line import ENVIRONMENT, Terminal, make_cheap
from tests.registers import put, received, xlsx
from tests.unit.interchange.test_importing import received_book

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(?P<lines>pip install.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """The commands of the block, without comments; a line that ends in a backslash goes on."""
    (block,) = BLOCK.findall(text)
    return [shlex.split(line, comments=True) for line in block.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_ten_lines_lead_to_holders(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make_cheap(monkeypatch)
    put(tmp_path, "收文登记簿.xlsx", xlsx({"2019年": received_book(received(1, 份号="7"), received(2, 份号="8"))}))
    terminal = Terminal(tmp_path, {**ENVIRONMENT, "CHAINLOG_LOG_KEY": None})
    done = []
    for words in commands((ROOT / name).read_text(encoding="utf-8")):
        if words[0] == "export":
            variable, _, value = words[1].partition("=")
            terminal.environment[variable] = value
        elif words[0] == "chainlog":
            target = words[-1] if words[-2] == ">" else None
            stated = words[1:] if target is None else words[1:-2]
            if stated[-1] == "…":
                stated = stated[:-2]
            said = terminal.run(*stated)
            # A finding is none of the line's faults.
            assert said.status == 0 or (words[1] == "findings" and said.status == 1), (words, said)
            done.append((words[1], said.out))
            if target is not None:
                (tmp_path / target).write_text(said.out.replace("马春兰,,", "马春兰,,p/马春兰"), encoding="utf-8")
    out = dict(done)
    assert [what for what, _ in done] == [
        "init", "key", "enroll", "import", "import", "custody", "findings", "verify",
    ]  # fmt: skip
    assert "没有对应人员" not in out["import"]
    assert out["custody"].count("p/马春兰") == 2

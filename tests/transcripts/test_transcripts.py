"""The command line as people see it: every `*.txt` here is a session in which each command answers as it stands there.

    $ chainlog …         a command; the others stand in `Session.answer`
    < …                  what is typed or written
    ! …                  standard error
    [1]                  exit status, where it isn't 0
    anything else        standard output, with a point before what would be one of these; hashes and ids are named `{hash}`, `{id}` …

`$ let NAME` keeps the first id (or 64 digits) of the last answer as `$NAME`.
Run this file with `--regenerate` to write the answers anew; read the difference before you keep it.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parents[1]))

from tests.command_line import Said, Terminal, copied_office, make_cheap, make_office, plain  # noqa: E402

SESSIONS = sorted(HERE.glob("*.txt"))
_ID = re.compile(r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64})\b")


class Session:
    """One session: commands run one after the other, what they say becomes text again."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.names: dict[str, str] = {}
        self.last = Said("", "", 0)

    def answer(self, command: str, typed: list[str]) -> str:
        for name, value in self.names.items():
            command = command.replace(f"${name}", value)
        program, *arguments = shlex.split(command)
        text = "".join(f"{line}\n" for line in typed)
        here = self.terminal.directory
        if program == "chainlog":
            self.last = self.terminal.run(*arguments, typed=text.encode())
            return shown(self.last)
        if program == "write":
            (here / arguments[0]).write_text(text, encoding="utf-8")
        elif program == "cp":
            shutil.copy(here / arguments[0], here / arguments[1])
        elif program == "rm":
            (here / arguments[0]).unlink()
        elif program == "mode":
            (here / arguments[1]).chmod(int(arguments[0], 8))
        elif program == "chop":
            data = (here / arguments[0]).read_bytes()
            (here / arguments[0]).write_bytes(data[: int(arguments[1])])
        elif program == "flip":
            data = bytearray((here / arguments[0]).read_bytes())
            data[int(arguments[1])] ^= 1
            (here / arguments[0]).write_bytes(data)
        elif program == "alter":
            # The newest place where a text stands in the file of a log becomes another of the same length.
            file = here / arguments[0] / "truth" / "data.mdb"
            old, new = (text.encode() for text in arguments[1:])
            data = file.read_bytes()
            place = data.rfind(old)
            assert place >= 0, arguments
            assert len(old) == len(new), arguments
            file.write_bytes(data[:place] + new + data[place + len(old) :])
        elif program == "set":
            name, _, value = arguments[0].partition("=")
            self.terminal.environment[name] = value or None
        elif program == "let":
            found = _ID.search(self.last.out)
            assert found is not None, self.last.out
            self.names[arguments[0]] = found[0]
        else:
            raise AssertionError(f"no command {program}")
        return ""


def shown(said: Said) -> str:
    """An answer as a transcript has it."""
    lines = [line.rstrip() for line in plain(said.out).splitlines()]
    lines += [f"! {line}".rstrip() for line in plain(said.err).splitlines()]
    if said.status:
        lines.append(f"[{said.status}]")
    return "".join(f"{line}\n" for line in lines)


def replayed(text: str, terminal: Terminal) -> str:
    """The transcript with the answers that the commands give now."""
    session = Session(terminal)
    out: list[str] = []
    lines = text.splitlines()
    place = 0
    while place < len(lines):
        line = lines[place]
        place += 1
        if line.startswith("#") or not line:
            out.append(line)
            continue
        if not line.startswith("$ "):
            continue  # an old answer
        typed = []
        while place < len(lines) and lines[place].startswith("<"):
            typed.append(lines[place][2:])
            place += 1
        out += [line, *(f"< {one}".rstrip() for one in typed)]
        out += [_escaped(one) for one in session.answer(line[2:], typed).splitlines()]
    return "\n".join(out).rstrip("\n") + "\n"


def _escaped(line: str) -> str:
    """An answer's line, not to be taken for a command or for the space between two."""
    return f".{line}" if not line or line[0] in "#$<." else line


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("office")
    with pytest.MonkeyPatch.context() as patch:
        make_cheap(patch)
        make_office(directory).close()
    return directory


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_session_goes_as_written(path: Path, template: Path, tmp_path: Path):
    text = path.read_text(encoding="utf-8")
    with copied_office(template, tmp_path) as terminal:
        assert replayed(text, terminal).splitlines() == text.splitlines()


def test_a_changed_answer_is_seen(template: Path, tmp_path: Path):
    text = "$ chainlog show office.log 99\n! 错误：日志中有 record 99\n"
    with copied_office(template, tmp_path) as terminal:
        assert replayed(text, terminal) != text


def _regenerate(paths: list[Path]) -> None:
    with tempfile.TemporaryDirectory() as name:
        template = Path(name) / "template"
        with pytest.MonkeyPatch.context() as patch:
            make_cheap(patch)
            make_office(template).close()
        for number, path in enumerate(paths):
            with copied_office(template, Path(name) / str(number)) as terminal:
                path.write_text(replayed(path.read_text(encoding="utf-8"), terminal), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] != ["--regenerate"]:
        raise SystemExit("--regenerate [FILE …]")
    _regenerate([Path(name) for name in sys.argv[2:]] or SESSIONS)

"""The program as a process on a real terminal: prompts, hidden passphrases, width, interruption."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Who opens a terminal first in a new session gets it as its own: Ctrl-C and hidden passphrases need that.
# Whoever runs the tests in the background ignores interruptions, and so would all that they start.
_PROGRAM = (
    "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "os.open(os.ttyname(0), os.O_RDWR); from chainlog.cli.main import main; main()"
)


class Screen:
    """A process whose terminal is ours: what it shows, and what we type."""

    def __init__(self, folder: Path, *arguments: str, columns: int = 80, **environment: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *arguments],
            stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8", **environment},
        )  # fmt: skip
        os.close(slave)
        self.shown = ""

    def wait_for(self, text: str) -> None:
        """Until *text* is shown. A slow machine is waited for."""
        end = time.monotonic() + 60
        while text not in self.shown:
            if not self._read(end - time.monotonic()):
                raise AssertionError(f"{text!r} did not appear in: {self.shown}")

    def answer(self, question: str, text: str) -> None:
        """Type *text* once *question* is shown."""
        self.wait_for(question)
        self.shown = self.shown.partition(question)[2]
        os.write(self._master, text.encode() + b"\n")

    def end(self) -> int:
        """Until the process ends: its status."""
        while self._read(60):
            pass
        os.close(self._master)
        return self.process.wait(timeout=60)

    def _read(self, timeout: float) -> bool:
        if timeout <= 0 or not select.select([self._master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


def test_a_log_is_made_from_answers(tmp_path: Path):
    screen = Screen(tmp_path, "init", "a.log", "--make-keys", "k", "--cost", "interactive", CHAINLOG_PASSPHRASE="demo")
    answers: Sequence[tuple[str, str]] = [
        # A wrong answer is told and asked for again: nothing that was typed before is lost.
        ("日志名", "new"),
        ("不能作日志名", ""),
        ("日志名（", "draft.a"),
        ("本单位", "清溪镇"),
        ("应写作 u/清溪镇", "u/清溪镇"),
        ("标题", ""),
        ("空行结束", "甲"),
        ("应写作 p/姓名", "p/甲"),
        ("空行结束", ""),
        ("至少 3 名", "p/乙"),
        ("空行结束", "p/丙"),
        ("空行结束", ""),
        ("最少签名人数", "3"),
        ("不能是 3", "2"),
        ("时区", "八"),
        ("不是 +08:00 这样的时区", "+08:00"),
        ("制度", ""),
    ]
    for question, text in answers:
        screen.answer(question, text)
    assert screen.end() == 0, screen.shown
    assert "日志编号" in screen.shown
    assert re.search(r"([0-9a-f]{8} ){7}[0-9a-f]{8}", screen.shown)


def test_a_passphrase_is_asked_for_twice_and_not_shown(tmp_path: Path):
    screen = Screen(tmp_path, "key", "new", "a.key", "--cost", "interactive")
    screen.answer("新口令", "very secret 口令")
    screen.answer("再输入一次", "very secret")
    screen.wait_for("两次输入不同")
    screen.answer("新口令", "very secret 口令")
    screen.answer("再输入一次", "very secret 口令")
    assert screen.end() == 0
    assert "secret" not in screen.shown
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600


def test_tables_fit_the_terminal_and_are_coloured_unless_asked_not_to(tmp_path: Path):
    for columns, environment in ((60, {}), (80, {"NO_COLOR": "1"})):
        screen = Screen(tmp_path, "kinds", "transferred.dispatch", columns=columns, TERM="xterm", **environment)
        assert screen.end() == 0
        plain = re.sub(r"\x1b\[[0-9;]*m", "", screen.shown)
        assert ("\x1b[" in screen.shown) == (not environment)
        from chainlog.cli.render import width

        assert max(width(line) for line in plain.splitlines()) <= columns


def test_an_interruption_ends_with_a_word(tmp_path: Path):
    screen = Screen(tmp_path, "key", "new", "a.key", "--cost", "interactive")
    screen.wait_for("新口令")
    screen.process.send_signal(signal.SIGINT)
    assert screen.end() == 130
    assert "已中断" in screen.shown
    assert not (tmp_path / "a.key").exists()

"""Who ends a command finds nothing left behind: private copies of a log are evidence too."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import sys, tempfile, time
from chainlog.cli import app
def wait(**_):
    with tempfile.TemporaryDirectory(dir=sys.argv[1]):
        print("ready", flush=True)
        time.sleep(60)
app.cli = wait
app.run()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_temporary_directories_go_with_the_command(tmp_path, number):
    # Whoever runs the tests may ignore it.
    program = f"import signal\nsignal.signal({number:d}, signal.SIG_DFL)\n{PROGRAM}"
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "ready\n"
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        assert process.wait(timeout=30) == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_what_was_ignored_stays_so(tmp_path):
    """As under nohup."""
    program = f"import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n{PROGRAM}"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        # Of two that come together, the one of the smaller number would be the first.
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 128 + signal.SIGTERM


def test_ctrl_c_while_the_program_loads_is_no_traceback():
    """In the first moments nothing is there yet that could tell it."""
    program = """
import builtins
from chainlog.cli.main import main
whole = builtins.__import__
def interrupted(name, *rest):
    if name == "chainlog.cli.app":
        raise KeyboardInterrupt
    return whole(name, *rest)
builtins.__import__ = interrupted
main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")

"""Other processes for tests: workers on a store, and children of a fork."""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def environment(**variables):
    """The environment for a child process that imports the package and the tests."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **variables}


class Worker:
    """A `tests.store_worker` on a log. Use as a context manager: it is killed at the end.

    Without *wait*, the first answer is the one to opening.
    """

    module = "tests.store_worker"

    def __init__(self, log, *wishes, wait=True, **variables):
        self.process: Any = subprocess.Popen(
            [sys.executable, "-m", self.module, str(log), *wishes],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment(**variables),
        )
        self._read = b""
        self.opened = self.answer() if wait else {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def send(self, *command):
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(command).encode() + b"\n")
            self.process.stdin.flush()

    def answer(self, timeout_s=30.0):
        """The next answer; {"died": status} if the process ended, {"silent": True} if it says nothing in time."""
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self._read:
            if not select.select([descriptor], [], [], timeout_s)[0]:
                return {"silent": True}
            data = os.read(descriptor, 65_536)
            if not data:
                return {"died": self.process.wait(), "stderr": self.process.stderr.read().decode()[-2_000:]}
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return json.loads(line)

    def do(self, *command, timeout_s=30.0):
        self.send(*command)
        return self.answer(timeout_s)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """Kill the process and give what it had still said; nothing the second time."""
        if self.process.stdout.closed:
            return []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        rest = self._read + self.process.stdout.read()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(BrokenPipeError):
                stream.close()
        return [json.loads(line) for line in rest.split(b"\n")[:-1] if line]


class LogWorker(Worker):
    """A `tests.log_worker`: the same for a log with its events and signatures."""

    module = "tests.log_worker"


def in_child(function):
    """What *function* returns, or the exception that it raises, in a forked child; AssertionError if it hangs."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        try:
            result = ("returned", function())
        except BaseException as error:  # noqa: BLE001 (handed to the parent)
            result = ("raised", error)
        try:
            os.write(write, pickle.dumps(result))
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    assert data, f"the child died, status {status}"
    kind, value = pickle.loads(data)
    if kind == "raised":
        raise value
    return value

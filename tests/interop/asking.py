"""Programs of others that are asked over standard input and output."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from threading import Thread
from typing import Any


class Program:
    """
    A command that answers each line of JSON with one, started at the first question and ended by `close`.

    Bytes go in as they are, and come back as base64.
    """

    def __init__(self, *command: str | Path) -> None:
        self._command = [str(part) for part in command]
        self._process: subprocess.Popen[str] | None = None

    def ask(self, requests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """An answer for each request; {"error": …} where the program refuses."""
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
            )
        process = self._process
        lines = [json.dumps(request, default=lambda data: b64encode(data).decode()) + "\n" for request in requests]

        def send() -> None:
            process.stdin.writelines(lines)
            process.stdin.flush()

        # Apart, because the program stops reading while nobody takes its answers.
        sending = Thread(target=send)
        sending.start()
        answers = [json.loads(process.stdout.readline()) for _ in lines]
        sending.join()
        return answers

    def refusals(self, requests: Iterable[dict[str, Any]]) -> list[str | None]:
        """What the program says against each request; None where it accepts."""
        return [answer.get("error") for answer in self.ask(requests)]

    def close(self) -> None:
        """End the program. It has answered everything, and says nothing more."""
        if self._process is not None:
            rest, _ = self._process.communicate()
            assert (self._process.returncode, rest) == (0, "")

"""`tools/show_proofs.py` comes out as it must; and where nothing is known outside, its forgeries pass, and it stops.

The commands of `chainlog` run in this process: fifty interpreters would take most of the time. What the script runs
otherwise are processes of their own.
"""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from chainlog.cli.app import cli
from tools.show_proofs import Show, main
from tools.shown_commands import Done, Stage, Stopped, execute

PROGRAM = str(Path(sys.executable).with_name("chainlog"))


def within(command, directory, environment):
    """Run it, `chainlog` in this process."""
    if command[0] != PROGRAM:
        return execute(command, directory, environment)
    before = Path.cwd()
    os.chdir(directory)
    try:
        without = {name: None for name in os.environ if name not in environment}
        result = CliRunner().invoke(cli, list(command[1:]), env={**environment, **without}, prog_name="chainlog")
    finally:
        os.chdir(before)
    return Done(result.exit_code, result.stdout, result.stderr)


def test_the_honest_are_believed_and_liars_convicted_by_what_is_kept_outside(tmp_path, capsys, monkeypatch):
    # Passphrases that cost nothing: their derivation has tests of its own.
    monkeypatch.setattr("chainlog.record.keys.passphrase_key", lambda data, *, salt, **_: sha256(salt + data).digest())
    here = tmp_path / "proofs"
    assert main([str(here), "--quick"], executing=within) == 0
    told = capsys.readouterr().out
    table = told.partition("What came out\n")[2]
    for word in ("nobody is accused", "rollback", "fork", "recreated", "truncated", "left-out"):
        assert word in table
    assert max(map(len, told.splitlines())) <= max(80, len(f"$ cd {here}"), len(f"files are in {here}.") + 50)

    show = Show(here, executing=within)
    ask = show.stage.chainlog
    # Who begins to remember only now sees nothing wrong with what was cut back or forked ...
    for log in ("cut.log", "fork.log"):
        found = ask("verify", log, "--pin", f"{log}.pin", "--pin-new", says="")
        assert (found["integrity"], found["findings"]) == ("intact", [])
        assert (found["pin"]["state"], found["pin"]["conflict"]) == ("made", None)
    # ... and receipts of other records say nothing against the bundles.
    for bundle in ("last.bundle", "all.bundle"):
        found = ask("bundle", "verify", bundle, "--log-id", "log-id.txt", "--receipt", "6.receipt", says="")
        assert (found["authenticity"], found["completeness"]) == ("genuine", "complete")
        assert found["receipts"][0]["result"] == "open"

    # Without what was kept the script itself stops.
    (here / "fork.log.pin").replace(here / "office.pin")
    with pytest.raises(Stopped, match="ended with exit status 0, not 1"):
        show._convicted("forked", "fork.log", "fork")
    (here / "6.receipt").replace(here / "11.receipt")
    with pytest.raises(Stopped, match="ended with exit status 0, not 1"):
        show._held_bundle("last.bundle", status=1)


def test_it_writes_into_nothing_that_is_there(tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path), "--quick"])
    assert ended.value.code == 2
    assert "isn't empty" in capsys.readouterr().err


def test_it_stops_with_what_the_command_said(tmp_path, capsys):
    def broken(command, directory, environment):
        return Done(70, "", json.dumps({"code": "bug"}))

    assert main([str(tmp_path), "--quick"], executing=broken) == 1
    said = capsys.readouterr()
    assert "stopped: chainlog init office.log" in said.err
    assert '{"code": "bug"}' in said.err
    assert "as it must" not in said.out


def test_long_lines_are_broken(tmp_path, capsys):
    stage = Stage(tmp_path, {})
    stage.name("x" * 100, "$(cat x)")
    stage.show(["chainlog", "收文" * 5, *(["--key", "keys/梁初.key"] * 6), "x" * 100, "a b", "中（文"], cwd="there")
    stage.count("一件载体", "word " * 20)
    stage.count("b", "c")
    stage.table()
    assert capsys.readouterr().out == (
        "$ cd there && chainlog 收文收文收文收文收文 --key keys/梁初.key --key \\\n"
        "    keys/梁初.key --key keys/梁初.key --key keys/梁初.key --key keys/梁初.key \\\n"
        "    --key keys/梁初.key $(cat x) 'a b' 中（文\n"
        "一件载体  word word word word word word word word word word word word word word\n"
        "          word word word word word word \n"
        "b         c\n"
    )

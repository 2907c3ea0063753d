"""What the commands about time stamps share, and what `chainlog verify` does with them. Reads files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from chainlog.cli.command import Function, option
from chainlog.cli.proof_files import read_file
from chainlog.cli.render import visible
from chainlog.cli.session import Session
from chainlog.errors import ChainlogError, UsageError
from chainlog.limits import CERTIFICATES_BYTES_MAX, TIMESTAMP_BYTES_MAX

if TYPE_CHECKING:
    from chainlog.forensics.report import AuditReport
    from chainlog.forensics.timestamps import Stamped, Token
    from chainlog.proof.timestamp import Authorities

_WHAT: Final = "time stamps"
_NONE: Final = "there is none: when the records were written is said by the log alone"

tsa_option = option(
    "--tsa-cert", "certificates", type=click.Path(), multiple=True, metavar="PEM",
    zh="时间戳机构的根证书（及中间证书）", en="The root certificate of the time stamp authority, and those between.",
)  # fmt: skip
_token_option = option(
    "--token", "token_files", type=click.Path(), multiple=True, metavar="TSR",
    zh="时间戳机构对某个日志头的应答；不给则核验日志 witness/ 中的", en="The authority's answer about a head; those in the log's witness/ by default.",
)  # fmt: skip


def stamp_options(function: Function) -> Function:
    """`--token`, `--tsa-cert`."""
    return _token_option(tsa_option(function))


def read_authorities_of(paths: Sequence[str]) -> Authorities | None:
    """The certificates in files; None for no files."""
    from chainlog.proof.timestamp import read_authorities

    if not paths:
        return None
    return read_authorities([(path, read_file(path, "certificate", limit=CERTIFICATES_BYTES_MAX)) for path in paths])


def read_token(path: str) -> Token:
    """An authority's answer from a file."""
    return path, read_file(path, "stamp", limit=TIMESTAMP_BYTES_MAX)


class Said(NamedTuple):
    """What time stamps say. report: with what isn't known of them. stamps: that verified. failed: whether one didn't."""

    report: AuditReport
    stamps: list[Stamped]
    failed: bool


class Stamps:
    """
    The time stamps that an audit is to regard.

    log: directory of a log or an export. note: the checkpoint that was given, or None. log_id: if it was given: then what lies
    in `witness/` of another log is passed over.
    """

    def __init__(
        self, log: str, files: Sequence[str], certificates: Sequence[str], *, note: bytes | None, log_id: bytes | None
    ) -> None:
        from chainlog.log import witness_files

        if files and not certificates:
            raise UsageError("--token goes with --tsa-cert", detail_zh="--token 须与 --tsa-cert 同用")
        self._authorities = read_authorities_of(certificates)
        self._tokens = [read_token(path) for path in files] or witness_files.tokens(Path(log))
        kept = witness_files.notes(Path(log))
        if log_id is not None:
            kept = [one for one in kept if log_id.hex().encode() in one.partition(b"\n")[0]]
        self._notes = [*([] if note is None else [note]), *kept]

    def notes(self) -> list[bytes]:
        """The checkpoints that have a time stamp here, for the audit to compare with the records."""
        from chainlog.forensics.timestamps import stamped_notes

        return [] if self._authorities is None else stamped_notes(self._tokens, self._notes)

    def judge(self, report: AuditReport) -> Said:
        """What they say of the log that was audited."""
        from chainlog.forensics.report import NotChecked
        from chainlog.forensics.timestamps import texts_of, verify_timestamps

        if not self._tokens:
            return Said(report.with_not_checked([NotChecked(_WHAT, _NONE)]), [], failed=False)
        if self._authorities is None:
            reason = f"{len(self._tokens)} in witness/ were not verified: no certificate of an authority was given"
            return Said(report.with_not_checked([NotChecked(_WHAT, reason)]), [], failed=False)
        unknown: list[NotChecked] = []
        stamps: list[Stamped] = []
        texts = texts_of(report, self._notes)
        for token in self._tokens:
            try:
                stamps += verify_timestamps([token], texts, self._authorities)
            except ChainlogError as error:
                unknown.append(NotChecked(_WHAT, error.text("en")))
        return Said(report.with_not_checked(unknown), stamps, failed=bool(unknown))


def show_stamps(session: Session, stamps: Sequence[Stamped]) -> None:
    """One line for each time stamp."""
    if stamps:
        session.echo()
    for one in stamps:
        said = one.as_json()
        exact = "" if one.stamp.accuracy_us is None else f" ±{one.stamp.accuracy_us / 1_000_000:g} s"
        by = visible(str(said["authority"]))
        session.echo(session.say(
            f"时间戳：{said['size']} 条的日志头不晚于 {said['time']}{exact}（{by}）",
            f"time stamp: the head of {said['size']} records stood by {said['time']}{exact} ({by})",
        ))  # fmt: skip

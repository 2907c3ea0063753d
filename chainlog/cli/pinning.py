"""What `chainlog verify --pin` does besides the audit: shows the pin, writes evidence. Writes a file."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chainlog.cli.conflict import KINDS
from chainlog.cli.outputs import write_file
from chainlog.cli.session import Session

if TYPE_CHECKING:
    from chainlog.forensics.pinned import PinnedReport

_STATES: Final = {
    "made": ("已建立：{} 条", "made: {} records"),
    "moved": ("已前移到 {} 条", "moved on to {} records"),
    "kept": ("未变：{} 条", "unchanged: {} records"),
    "refused": ("未更新", "not updated"),
}  # fmt: skip


def pin_json(result: PinnedReport, *, pin: str, evidence: str | None) -> dict[str, Any]:
    """The member `pin` of the answer: see schemas/output/verify.json."""
    return {
        "file": pin,
        "state": result.state,
        "size": None if result.pin is None else result.pin.checkpoint.size,
        "conflict": None if result.conflict is None else result.conflict.kind,
        "evidence": evidence,
    }


def show_pin(session: Session, result: PinnedReport, *, evidence: str | None) -> None:
    """Say what became of the pin, and where the evidence is."""
    size = 0 if result.pin is None else result.pin.checkpoint.size
    session.echo()
    session.echo(session.say("对照文件：", "pin: ") + session.say(*_STATES[result.state]).format(size))
    if result.conflict is not None:
        session.echo(session.say(*KINDS[result.conflict.kind]), style="red")
        session.echo(
            session.say(
                f"证据已写入 {evidence}（核对：chainlog conflict）",
                f"evidence written to {evidence} (chainlog conflict checks it)",
            )
        )


def save_evidence(result: PinnedReport, *, pin: str, path: str | None) -> str | None:
    """Write the evidence, if there is any, to *path* or beside the pin. No other evidence is ever overwritten."""
    if result.conflict is None:
        return None
    return put_evidence(result.conflict.encoded(), wanted=f"{pin}.conflict" if path is None else path)


def put_evidence(data: bytes, *, wanted: str) -> str:
    """Write evidence to *wanted*, or to a name beside it where other evidence stands. The name."""
    for number in count(1):
        target = Path(wanted if number == 1 else f"{wanted}.{number}")
        if not target.exists():
            write_file(str(target), data)
            return str(target)
        if target.read_bytes() == data:
            return str(target)
    raise AssertionError("names ran out")

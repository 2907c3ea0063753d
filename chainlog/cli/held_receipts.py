"""What `chainlog bundle verify --receipt` does besides: holds receipts against the bundle, writes evidence. Reads and writes files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chainlog.cli.pinning import put_evidence
from chainlog.cli.proof_files import read_file, told_of
from chainlog.limits import RECEIPT_BYTES_MAX

if TYPE_CHECKING:
    from chainlog.cli.session import Session
    from chainlog.proof.bundle_report import BundleReport

_RESULTS: Final = {
    "shown": ("证据包中有此条", "the bundle shows it"),
    "left-out": (
        "证据包声称没有此条：完整性索引不实",
        "the bundle says that there is no such record: its map is false",
    ),
    "open": ("证据包未涉及此条", "the bundle says nothing of it"),
}


class HeldReceipt(NamedTuple):
    """A receipt held against a bundle. result: as `proof.false_map.Held`. evidence: the file that convicts, or None."""

    file: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on it
    result: str
    evidence: str | None


def hold_receipts(
    data: bytes, report: BundleReport, paths: Sequence[str], *, log_keys: Sequence[bytes], evidence: str
) -> list[HeldReceipt]:
    """Hold the receipts in *paths* against the bundle *data*, which gave *report*; evidence goes to *evidence*."""
    if not paths:
        return []
    from chainlog.proof.bundle import decode_bundle
    from chainlog.proof.false_map import hold_against

    bundle = decode_bundle(data)
    found = []
    for path in paths:
        receipt = read_file(path, "receipt", limit=RECEIPT_BYTES_MAX)
        with told_of(path, "receipt"):
            held = hold_against(bundle, receipt, log_id=report.log_id, bundle_key=report.log_key, log_keys=log_keys)
        written = None if held.evidence is None else put_evidence(held.evidence, wanted=evidence)
        found.append(HeldReceipt(path, held.index, held.result, written))
    return found


def show_receipts(session: Session, held: Sequence[HeldReceipt]) -> None:
    """Say what became of each receipt, and where the evidence is."""
    if held:
        session.echo()
    for one in held:
        style = "red" if one.result == "left-out" else ""
        head = session.say(f"回执 {one.file}（第 {one.index} 条）：", f"receipt {one.file} (record {one.index}): ")
        session.wrapped(head + session.say(*_RESULTS[one.result]), style=style)
        if one.evidence is not None:
            session.echo(
                session.say(
                    f"证据已写入 {one.evidence}（核对：chainlog conflict）",
                    f"evidence written to {one.evidence} (chainlog conflict checks it)",
                )
            )

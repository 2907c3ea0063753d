"""`chainlog conflict`: evidence that a log told two stories, or commits to a false map, checked. Reads a file, and no log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from chainlog.cli.command import argument, command
from chainlog.cli.file_kinds import kind_of
from chainlog.cli.proof_files import genesis_of, key_source_options, log_id_option, log_keys_of, read_file, told_of
from chainlog.cli.render import Cell
from chainlog.cli.session import Session
from chainlog.limits import FALSE_MAP_BYTES_MAX

if TYPE_CHECKING:
    from chainlog.proof.conflict import Conflict
    from chainlog.proof.false_map import FalseMap

KINDS: Final = {
    "fork": ("同一日志的两段历史：密钥持有者签了互相矛盾的日志头", "two histories of one log: the holder of the key signed heads that contradict each other"),
    "rollback": ("日志被退回：先见到较长的，后见到较短的", "the log was set back: a longer one was seen before a shorter one"),
    "recreated": ("同名重建：同一名称下换了另一本日志", "made anew: another log stands under the same name"),
}  # fmt: skip
_PROVED: Final = {
    True: ("证据本身即可证明", "the file proves it by itself"),
    False: ("两个日志头都可能是真的；孰先孰后，以出示者所言为据", "each head may be genuine; which was shown later is the word of whoever brings the file"),
}  # fmt: skip
_KEYS: Final = {
    True: ("是已知的日志公钥所签", "signed by keys that are known to be the log's"),
    False: ("未证明是日志的公钥：请给出 --public-key 或 --genesis", "not shown to be the log's: give --public-key or --genesis"),
}  # fmt: skip


_UNPROVEN: Final = 1
_FALSE_MAP: Final = (
    "完整性索引不实：日志承诺的索引漏掉了它自己的一条记录",
    "a false map: what the log committed to leaves out a record of its own",
)


@command("conflict", zh="核对证据：chainlog verify --pin 写出的（两个签名的日志头为何不能同真），或 chainlog bundle verify --receipt 写出的（完整性索引漏掉的记录）。证据成立且确为日志公钥所签时退出码为 0。",
         en="Check evidence: two signed heads that can't both be true, which chainlog verify --pin wrote, or a map that leaves out a record, "
            "from chainlog bundle verify --receipt. Exit status 0 if it holds and the keys "
            "are known to be the log's.",
         example="chainlog conflict office.pin.conflict --log-id log-id.txt --genesis 0.receipt")  # fmt: skip
@argument("file", zh="证据文件", en="the evidence", type=click.Path())
@log_id_option
@key_source_options
def conflict(session: Session, file: str, log_id: str, public_keys: tuple[str, ...], genesis: str | None) -> int:
    """Check evidence."""
    from chainlog.cli.key import read_log_id
    from chainlog.proof.conflict import check_conflict
    from chainlog.proof.false_map import check_false_map

    number = read_log_id(log_id)
    data = read_file(file, "conflict", "false-map", limit=FALSE_MAP_BYTES_MAX)
    log_keys, record_0 = log_keys_of(public_keys, log_id=number), genesis_of(genesis)
    kind = kind_of(data) or "conflict"
    if kind == "false-map":
        with told_of(file, kind):
            lied = check_false_map(data, log_id=number, log_keys=log_keys, genesis=record_0)
        _show_false_map(session, lied)
        return 0 if lied.keys_known else _UNPROVEN
    with told_of(file, kind):
        found = check_conflict(data, log_id=number, log_keys=log_keys, genesis=record_0)
    _show_conflict(session, found)
    return 0 if found.keys_known else _UNPROVEN


def _show_conflict(session: Session, found: Conflict) -> None:
    heads = (found.first, found.second)
    if session.as_json:
        session.emit({
            "kind": found.kind, "proved": found.proved, "keys_known": found.keys_known,
            "heads": [
                {"origin": pin.checkpoint.origin, "size": pin.checkpoint.size, "root": pin.checkpoint.root.hex(), "log_key": pin.log_key.hex()}
                for pin in heads
            ],
        })  # fmt: skip
        return
    session.pairs([
        (session.say("矛盾", "conflict"), Cell(session.say(*KINDS[found.kind]), "red")),
        (session.say("效力", "weight"), session.say(*_PROVED[found.proved])),
        (session.say("公钥", "keys"), session.say(*_KEYS[found.keys_known])),
        *(
            (name, session.say(f"{pin.checkpoint.size} 条，树根 ", f"{pin.checkpoint.size} records, root ") + pin.checkpoint.root.hex())
            for name, pin in zip((session.say("先见的", "seen first"), session.say("后见的", "seen later")), heads, strict=True)
        ),
    ])  # fmt: skip


def _show_false_map(session: Session, found: FalseMap) -> None:
    body = found.commitment.record.event.body
    receipts = (found.commitment, found.record)
    count = 0 if found.claim is None else found.claim.count
    if session.as_json:
        session.emit({
            "kind": "false-map", "proved": True, "keys_known": found.keys_known, "subject": found.subject,
            "map": {"index": found.commitment.index, "size": body.size, "root": body.map_root.hex(), "count": count},
            "record": {"index": found.record.index, "position": found.position, "record_hash": found.record.record.record_hash.hex()},
            "heads": [
                {"origin": one.checkpoint.origin, "size": one.checkpoint.size, "root": one.checkpoint.root.hex(),
                 "log_key": None if one.log_key is None else one.log_key.hex()}
                for one in receipts
            ],
        })  # fmt: skip
        return
    session.pairs([
        (session.say("矛盾", "conflict"), Cell(session.say(*_FALSE_MAP), "red")),
        (session.say("效力", "weight"), session.say(*_PROVED[True])),
        (session.say("公钥", "keys"), session.say(*_KEYS[found.keys_known])),
        (session.say("对象", "subject"), found.subject),
        (
            session.say("索引所说", "the map says"),
            session.say(
                f"第 {found.commitment.index} 条承诺：前 {body.size} 条中有 {count} 条涉及它",
                f"record {found.commitment.index} commits to it: {count} of the first {body.size} records name it",
            ),
        ),
        (
            session.say("漏掉的记录", "left out"),
            session.say(
                f"第 {found.record.index} 条，是涉及它的第 {found.position + 1} 条",
                f"record {found.record.index}, number {found.position + 1} of those that name it",
            ),
        ),
    ])  # fmt: skip

"""`chainlog conflict`: evidence that a log told two stories, checked. Reads a file, and no log."""

from __future__ import annotations

from typing import Final

import click

from chainlog.cli.command import argument, command
from chainlog.cli.proof_files import genesis_of, key_source_options, log_id_option, log_keys_of, read_file
from chainlog.cli.render import Cell
from chainlog.cli.session import Session
from chainlog.limits import CONFLICT_FILE_BYTES_MAX

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


@command("conflict", zh="核对 chainlog verify --pin 写出的证据：两个签名的日志头为何不能同真。证据成立时退出码为 0。",
         en="Check evidence that chainlog verify --pin wrote: two signed heads, and why they can't both be true. Exit status 0 if it holds.",
         example="chainlog conflict office.pin.conflict --log-id log-id.txt --genesis 0.receipt")  # fmt: skip
@argument("file", zh="证据文件", en="the evidence", type=click.Path())
@log_id_option
@key_source_options
def conflict(session: Session, file: str, log_id: str, public_keys: tuple[str, ...], genesis: str | None) -> None:
    """Check evidence."""
    from chainlog.cli.key import read_log_id
    from chainlog.proof.conflict import check_conflict

    number = read_log_id(log_id)
    data = read_file(file, limit=CONFLICT_FILE_BYTES_MAX, what="evidence")
    found = check_conflict(
        data, log_id=number, log_keys=log_keys_of(public_keys, log_id=number), genesis=genesis_of(genesis)
    )
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

"""All peers, in the order in which they are shown."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from benchmarks.peers.databases import Auditchain, Eventsourcing, Pymerkle
from benchmarks.peers.files import CheckpointedLocalLog, Logsiegel
from benchmarks.peers.ours import Chainlog
from benchmarks.peers.peer import Peer
from benchmarks.peers.raw import RawLmdb, RawSqlite

_ALL: list[type[Peer]] = [
    RawLmdb,
    RawSqlite,
    Chainlog,
    Eventsourcing,
    Pymerkle,
    Auditchain,
    CheckpointedLocalLog,
    Logsiegel,
]
PEERS: dict[str, type[Peer]] = {peer.name: peer for peer in _ALL}
YARDSTICK = RawLmdb.name
OURS = Chainlog.name


def installed(peer: type[Peer]) -> str | None:
    """The version of a peer's package, empty if it needs none, None if it is not installed."""
    if peer.about.package is None:
        return ""
    try:
        return version(peer.about.package)
    except PackageNotFoundError:
        return None

"""The first look at a log: its identity, its registry, how much there is to judge. Pure over the evidence."""

from __future__ import annotations

from chainlog.digest import record_hash
from chainlog.forensics.evidence import U64, Evidence, parse_index
from chainlog.forensics.identity import identify
from chainlog.forensics.registration import find_registration
from chainlog.forensics.report import Finding
from chainlog.forensics.summary import Survey

# Roots are wanted for so many kept checkpoints at most: ten years of hourly ones.
_SIZES_MAX = 100_000


def survey(evidence: Evidence, given: bytes | None, sizes: list[int]) -> Survey:
    """
    Look at the log in *evidence*.

    Args:
        given: the log id that the caller knows, or None.
        sizes: of checkpoints from outside, whose roots are wanted too.

    Cost: some 50 µs a registry event, and a read for each kept checkpoint.
    """
    size = evidence.count("records")
    identity = identify(evidence, given)
    doubt = ""
    wanted = set(sizes)
    for key, _ in evidence.scan("checkpoints"):
        kept = parse_index(key)
        if kept is None or not 0 < kept <= size or len(wanted) > _SIZES_MAX:
            doubt = f"a checkpoint is kept under {key.hex()}"
            break
        wanted.add(kept)
    genesis = evidence.getter("records")(U64.pack(0))
    if identity.log_id is None or genesis is None or record_hash(genesis) != identity.log_id:
        doubt = "record 0 is not the one that the log is named after"
    registry: list[int] = []
    remarks: list[Finding] = []
    if not doubt and identity.log_id is not None:
        found, _ = find_registration(evidence, identity.log_id)
        registry, remarks, doubt = found.indexes, found.remarks, found.doubt
    return Survey(
        size=size,
        log_id=identity.log_id,
        name=identity.name,
        registry=registry,
        sizes=sorted(kept for kept in wanted if 0 < kept <= size),
        remarks=remarks,
        doubt=doubt,
    )

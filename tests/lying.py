"""A log whose keeper commits to a map that leaves records out, the bundle that he makes of it, and receipts of the records."""

from __future__ import annotations

from functools import cache

from chainlog import digest
from chainlog.event.subjects import key_subject
from chainlog.proof.tlog_proof import TlogProof, format_tlog_proof
from chainlog.record.record import unverified_record
from chainlog.record.signer import LocalSigner
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from tests import reference
from tools import map_reference
from tools.fixed_bundle import OWN, bundle_of, commit_map, event_of, map_heads, told_log
from tools.fixed_log import NAME, Sign, administrators, public, secret

CARRIER = "c/87"


def signed(log, size, key="log", name=NAME):
    hashes = [digest.record_hash(data) for data in log.records[:size]]
    checkpoint = Checkpoint(f"{name}/{log.id.hex()}", size, reference.tree_hash(hashes))
    return sign_checkpoint(checkpoint, signer=LocalSigner(secret(key)))


def receipt(log, index, *, size=None, key="log", name=NAME):
    size = log.size if size is None else size
    hashes = [digest.record_hash(data) for data in log.records[:size]]
    path = tuple(reference.inclusion_path(index, hashes))
    return format_tlog_proof(TlogProof(index, path, signed(log, size, key, name), log.records[index]))


@cache
def lying(*left_out, key="log"):
    """
    A log whose map doesn't know the records *left_out*, which name CARRIER, and the bundle that its keeper makes of it.

    key: the log key that signs map and bundle; another one than the first is recorded before.
    """
    log = told_log()
    if key != "log":
        body = {"old": (1, public("log")), "new": (1, public(key)), "proof": log.proof("s/log", key)}
        log.add("log_key_changed", body=body, people=[*administrators(2), ("log", "s/log", 1)])
    told = {subject: (count, last) for subject, count, last in map_heads(log, log.size)}
    hidden = set(left_out)
    kept = [n for n in range(log.size) if n not in hidden and CARRIER in subjects_of(log, n)]
    if kept:
        told[CARRIER] = (len(kept), digest.record_hash(log.records[kept[-1]]))
    else:
        del told[CARRIER]
    entries = map_reference.entries_of(log.id, [(subject, *claim) for subject, claim in told.items()])
    committed = commit_map(log, root=map_reference.tree(entries), signs=[Sign("log", "s/log", key)])
    shown = {n for n in range(log.size) if n not in hidden and subjects_of(log, n) & {CARRIER, *OWN}} | {0, committed}
    keys = set()
    while more := {subject for n in shown - {0} for subject in keys_of(log, n)} - keys:
        keys |= more
        shown |= {n for n in range(log.size) if subjects_of(log, n) & keys and n not in hidden}
    without = {*hidden, *(n for n in range(log.size) if n not in shown)}
    proved = {CARRIER, *OWN, *keys}
    parts = bundle_of(
        log, [CARRIER], committed=committed, proved=proved, without=without, checkpoint=signed(log, log.size, key)
    )
    proofs = [
        [subject, map_reference.prove(entries, map_reference.path_of(log.id, subject))]
        for subject, _ in parts.map_proofs
    ]
    return log, parts.but(map_proofs=proofs)


def keys_of(log, index):
    return {key_subject(key) for _, key, _, _ in unverified_record(log.records[index]).signatures}


def subjects_of(log, index):
    return set(event_of(log, index).subjects)

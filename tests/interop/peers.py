"""
Asks other programs in Python: reads requests as lines of JSON, answers each with one, as `sumdb.go` does.

Run it with an interpreter that has them, by path: it imports nothing of the project. Each request names its `peer`.
Whatever the peer refuses is answered by {"error": …}. Byte strings are base64.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from importlib import import_module, metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

NAMES = ("aics-tlog", "scitt-cose", "sigstore")


def hashes(request: dict[str, Any], name: str) -> list[bytes]:
    return [b64decode(one) for one in request[name]]


def require(verdict: bool) -> dict[str, Any]:
    if not verdict:
        raise ValueError("refused")
    return {}


def proof_of(made: list[bytes]) -> dict[str, Any]:
    return {"proof": [b64encode(one).decode() for one in made]}


# --- aics-tlog: C2SP notes, checkpoints, cosignatures, tiles; RFC 9162 -------------------------------------------


class AicsTlog:
    def __init__(self) -> None:
        self.peer = import_module("aics_tlog")
        self.tree = self.peer.MerkleTree()

    def entries(self, r: dict[str, Any]) -> dict[str, Any]:
        self.tree = self.peer.MerkleTree(hashes(r, "entries"))
        return {}

    def root(self, r: dict[str, Any]) -> dict[str, Any]:
        return {"hash": b64encode(self.tree.root(r["size"])).decode()}

    def prove_record(self, r: dict[str, Any]) -> dict[str, Any]:
        return proof_of(self.tree.inclusion_proof(r["index"], r["size"]))

    def prove_tree(self, r: dict[str, Any]) -> dict[str, Any]:
        return proof_of(self.tree.consistency_proof(r["old_size"], r["size"]))

    def check_record(self, r: dict[str, Any]) -> dict[str, Any]:
        leaf, root = b64decode(r["leaf"]), b64decode(r["root"])
        return require(self.peer.verify_inclusion(leaf, r["index"], r["size"], hashes(r, "proof"), root))

    def check_tree(self, r: dict[str, Any]) -> dict[str, Any]:
        roots = b64decode(r["old_root"]), b64decode(r["root"])
        return require(self.peer.verify_consistency(r["old_size"], r["size"], *roots, hashes(r, "proof")))

    def checkpoint(self, r: dict[str, Any]) -> dict[str, Any]:
        """The log's key comes first, keys of witnesses after it, all of whom must have cosigned."""
        log, *witnesses = map(self.peer.parse_vkey, r["keys"])
        note = self.peer.parse_note(b64decode(r["note"]))
        found = self.peer.verify_checkpoint(
            note, log, witnesses, len(witnesses), expected_origin=log.name
        )  # fmt: skip
        if not found.ok:
            raise ValueError(found.error)
        times = [found.timestamps[name] for name in found.witnesses]
        root = b64encode(found.root).decode()
        written = b64encode(note.to_bytes()).decode()
        keys = [self.peer.format_vkey(key) for key in (log, *witnesses)]
        return {"size": found.size, "hash": root, "times": times, "note": written, "keys": keys}

    def sign(self, r: dict[str, Any]) -> dict[str, Any]:
        """A checkpoint signed by the log and cosigned by a witness, both with one seed."""
        private = import_module("cryptography.hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey
        key = private.from_private_bytes(b64decode(r["seed"]))
        stated = self.peer.Checkpoint(r["origin"], r["size"], b64decode(r["root"]))
        note = self.peer.sign_checkpoint(stated, key, r["origin"])
        _, line = self.peer.sign_cosignature(key, r["witness"], r["time"], stated.origin, stated.size, stated.root)
        whole = self.peer.Note(note.text, (*note.signatures, line))
        keys = [
            self.peer.vkey_from_ed25519(r["origin"], key.public_key()),
            self.peer.cosignature_vkey(r["witness"], key.public_key()),
        ]
        return {
            "note": b64encode(whole.to_bytes()).decode(),
            "keys": [self.peer.format_vkey(key) for key in keys],
        }

    def export(self, r: dict[str, Any]) -> dict[str, Any]:
        """Every tile and every bundle of an export against its checkpoint; some entries."""
        reader = self.peer.FileSystemTileReader(r["directory"])
        note = self.peer.parse_note(Path(r["directory"], "checkpoint").read_bytes())
        found = self.peer.verify_checkpoint(note, self.peer.parse_vkey(r["keys"][0]))
        if not found.ok:
            raise ValueError(found.error)
        try:
            report = self.peer.audit_tiles(reader, found.size, found.root)
        except (self.peer.TileMissingError, self.peer.TileVerificationError) as error:
            raise ValueError(str(error)) from error
        proven = self.peer.VerifiedTileReader(reader, found.size, found.root)
        entries = [b64encode(proven.entry(index)).decode() for index in r["indexes"]]
        return {"tiles": report.tiles, "bundles": report.bundles, "entries": entries}

    def receipt(self, r: dict[str, Any]) -> dict[str, Any]:
        """Entry, place and checkpoint in the bundle that the peer verifies as a whole."""
        note = b64decode(r["note"]).decode()
        bundle = self.peer.Bundle(b64decode(r["entry"]), r["index"], tuple(hashes(r, "proof")), note)
        key = self.peer.parse_vkey(r["keys"][0])
        found = self.peer.verify_bundle(bundle, key, expected_origin=key.name)
        if not found.ok:
            raise ValueError(found.error)
        return {"size": found.size, "hash": b64encode(found.leaf_hash).decode()}


# --- scitt-cose: RFC 9162, from entries --------------------------------------------------------------------------


class ScittCose:
    def __init__(self) -> None:
        self.peer = import_module("scitt_cose.merkle")
        self.all: list[str] = []

    def entries(self, r: dict[str, Any]) -> dict[str, Any]:
        self.all = [entry.hex() for entry in hashes(r, "entries")]
        return {}

    def root(self, r: dict[str, Any]) -> dict[str, Any]:
        root = bytes.fromhex(self.peer.merkle_root(self.all[: r["size"]]))
        return {"hash": b64encode(root).decode()}

    def prove_record(self, r: dict[str, Any]) -> dict[str, Any]:
        made = self.peer.inclusion_proof(self.all[: r["size"]], r["index"])
        return proof_of([bytes.fromhex(one) for one in made])

    def prove_tree(self, r: dict[str, Any]) -> dict[str, Any]:
        made = self.peer.consistency_proof(self.all, r["old_size"], r["size"])
        return proof_of([bytes.fromhex(one) for one in made])

    def check_record(self, r: dict[str, Any]) -> dict[str, Any]:
        proof = [one.hex() for one in hashes(r, "proof")]
        entry, root = b64decode(r["entry"]).hex(), b64decode(r["root"]).hex()
        return require(self.peer.verify_inclusion(entry, r["index"], r["size"], proof, root))

    def check_tree(self, r: dict[str, Any]) -> dict[str, Any]:
        roots = b64decode(r["old_root"]).hex(), b64decode(r["root"]).hex()
        proof = [one.hex() for one in hashes(r, "proof")]
        return require(self.peer.verify_consistency(*roots, r["old_size"], r["size"], proof))


# --- sigstore: Rekor's inclusion proofs and checkpoints ----------------------------------------------------------


class Sigstore:
    def __init__(self) -> None:
        self.merkle = import_module("sigstore._internal.merkle")
        self.rekor = import_module("sigstore._internal.rekor.checkpoint")
        self.trust = import_module("sigstore._internal.trust")
        self.model = import_module("sigstore_models.rekor.v1")
        self.common = import_module("sigstore_models.common.v1")
        self.refused = import_module("sigstore.errors").VerificationError

    def check_record(self, r: dict[str, Any]) -> dict[str, Any]:
        # The model refuses indexes outside the tree, the arithmetic alone doesn't.
        proof = self.model.InclusionProof(
            log_index=str(r["index"]), tree_size=str(r["size"]), hashes=r["proof"], root_hash=r["root"]
        )
        inner = SimpleNamespace(inclusion_proof=proof, canonicalized_body=b64decode(r["entry"]))
        try:
            self.merkle.verify_merkle_inclusion(SimpleNamespace(_inner=inner))
        except self.refused as error:
            raise ValueError(str(error)) from error
        return {}

    def checkpoint(self, r: dict[str, Any]) -> dict[str, Any]:
        """The log's key alone, by its bytes; Rekor has its own way to name keys."""
        name, identifier, encoded = r["keys"][0].split("+", 2)
        der = bytes.fromhex("302a300506032b6570032100") + b64decode(encoded)[1:]
        kind = self.common.PublicKeyDetails.PKIX_ED25519
        key = self.common.PublicKey(raw_bytes=b64encode(der).decode(), key_details=kind)
        try:
            read = self.rekor.SignedCheckpoint.from_text(b64decode(r["note"]).decode())
            read.signed_note.verify(self.trust.Keyring([key]), bytes.fromhex(identifier))
        except self.refused as error:
            raise ValueError(str(error)) from error
        if read.checkpoint.origin != name:
            raise ValueError("another origin")
        root = b64encode(bytes.fromhex(read.checkpoint.log_hash)).decode()
        return {"size": read.checkpoint.log_size, "hash": root}


# -----------------------------------------------------------------------------------------------------------------


def main() -> None:
    kinds = {"aics-tlog": AicsTlog, "scitt-cose": ScittCose, "sigstore": Sigstore}
    peers: dict[str, Any] = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["peer"]
        if request["do"] == "version":
            try:
                answer = {"version": metadata.version(name)}
            except metadata.PackageNotFoundError as error:
                answer = {"error": str(error)}
        else:
            peer = peers.get(name) or peers.setdefault(name, kinds[name]())
            try:
                answer = getattr(peer, request["do"])(request)
            except ValueError as error:
                answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

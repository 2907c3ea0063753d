"""Domain-separated SHA-256. Pure. Format: schemas/FORMAT.md section 10; 00 and 01 are RFC 6962 section 2.1.

Digests are 32 raw bytes everywhere; they become hexadecimal only in texts and JSON.
Known limit: one hash algorithm per format version.
"""

from __future__ import annotations

from hashlib import sha256

ZERO = bytes(32)

RECORD = b"\x00"
NODE = b"\x01"
SEALED = b"\x02"
EVENT = b"\x03"
MAP_PATH = b"\x04"
MAP_LEAF = b"\x05"
MAP_INNER = b"\x06"
LIST = b"\x08"
IMPORT = b"\x09"
BUNDLE = b"\x0a"


_prefixed = sha256(RECORD)


def record_hash(record: bytes) -> bytes:
    """Hash of a stored record: link of the chain and leaf of the tree. 32 bytes."""
    # For some hundred bytes quicker than putting the prefix before them: they aren't copied, nothing is set up anew.
    hashed = _prefixed.copy()
    hashed.update(record)
    return hashed.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Inner node of the RFC 6962 tree over two hashes of 32 bytes. 32 bytes."""
    return sha256(NODE + left + right).digest()


def event_hash(event: bytes) -> bytes:
    """Hash by which `refs` name an event. 32 bytes."""
    return sha256(EVENT + event).digest()


def sealed_hash(content: bytes) -> bytes:
    """Commitment to a sealed value; *content* is laid out in FORMAT.md section 8. 32 bytes."""
    return sha256(SEALED + content).digest()


def list_digest(carriers: bytes) -> bytes:
    """Digest of a whole list; *carriers* is the canonical array of its sorted carrier subjects. 32 bytes."""
    return sha256(LIST + carriers).digest()


def import_id(log_id: bytes, row: bytes) -> bytes:
    """Event id of an imported ledger row; *row* is the canonical array of FORMAT.md section 2. 16 bytes."""
    return sha256(IMPORT + log_id + row).digest()[:16]


def file_digest(content: bytes) -> bytes:
    """Plain SHA-256 of an attachment or a ledger file. 32 bytes."""
    return sha256(content).digest()

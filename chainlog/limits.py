"""Every limit of the format and of its readers, in one place. Pure. Format: schemas/FORMAT.md section 4.

Units stand last in each name. What `RECORD_BYTES_MAX` computes is asserted below, at import: a change that
would let a record outgrow a C2SP entry can't be imported.
"""

from __future__ import annotations

FORMAT_VERSION = 1

# integers: what JavaScript and JSON readers hold exactly
INTEGER_MAX = 2**53 - 1
INTEGER_MIN = -INTEGER_MAX

NESTING_MAX = 8

# event head
KIND_BYTES_MAX = 64
SUBJECT_BYTES_MAX = 120
SUBJECTS_MAX = 256
SUBJECTS_NOT_PERSONS_MAX = 224
# So that whoever countersigns or corrects an act finds room beside its subjects.
SUBJECTS_OF_ACT_MAX = 240
PEOPLE_MAX = 32
SIGNATURES_MAX = 16
SIGNS_PER_PERSON_MAX = 2
REFS_MAX = 16
ROLE_BYTES_MAX = 24
EVENT_ID_BYTES = 16
BODY_BYTES_MAX = 12_288

# body
TEXT_BYTES_MAX = 1_024
MAP_KEY_BYTES_MAX = 32
ATTACHMENTS_MAX = 16
COPY_NUMBERS_MAX = 1_000
LIST_PART_CARRIERS = 128  # carriers in one part of a list that the shipped drafts make

# authority
ADMINISTRATORS_MAX = 8
THRESHOLD_MIN = 2
RECOVERY_KEYS_MAX = 7
LOG_NAME_BYTES_MAX = 64

# time
EXPIRY_MAX_US = 31 * 86_400_000_000
EXPIRY_DEFAULT_US = 14 * 86_400_000_000  # long enough for two signers in two weeks; a draft may say less or more
BASE_DISTANCE_MAX = 10_000
BASE_AGE_MAX_US = 31 * 86_400_000_000
DAY_SPAN_US = 86_399_999_999

# sizes of things
HASH_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
C2SP_ENTRY_BYTES_MAX = 65_535
TILE_HASHES = 256
TREE_SIZE_MAX = 2**63 - 1  # of any log whose checkpoint is read; our own stay within INTEGER_MAX

# readers
WALK_STEPS_MAX = 10_000
BLOCK_RECORDS_MAX = 10_000
DRAFT_FILE_BYTES_MAX = 131_072
KEY_FILE_BYTES_MAX = 4_096
KEY_LABEL_BYTES_MAX = 120
PASSPHRASE_BYTES_MAX = 1_024
KDF_PASSES_MIN = 2  # Argon2id, libsodium's "interactive"; below it a stolen file is too cheap to search
KDF_PASSES_MAX = 8
KDF_MEMORY_BYTES_MIN = 64 * 1_048_576
KDF_MEMORY_BYTES_MAX = 1_024 * 1_048_576
NOTE_BYTES_MAX = 131_072
NOTE_SIGNATURES_MAX = 100
RECEIPT_BYTES_MAX = 262_144  # a record and a note in full length, with the longest path
TIMESTAMP_BYTES_MAX = 65_536  # a token with a chain of certificates
CERTIFICATES_BYTES_MAX = 262_144
PIN_FILE_BYTES_MAX = 135_168  # a note in full length and a little
CONFLICT_FILE_BYTES_MAX = 270_336
FALSE_MAP_BYTES_MAX = 540_672  # two receipts in full length, a proof and a little
BUNDLE_FILE_BYTES_MAX = 16 * 1_048_576
BUNDLE_RECORDS_MAX = 4_096
BUNDLE_SUBJECTS_MAX = 256  # that a bundle is about
BUNDLE_PROOFS_MAX = 4_096  # from the map: of these, and of the keys that sign
BUNDLE_OPENINGS_MAX = 4_096
BUNDLE_TOKENS_MAX = 16
MAP_PROOF_BYTES_MAX = 1 + 32 + 255 * HASH_BYTES + 72
REMAINS_FILE_BYTES_MAX = 4_096 * 1_048_576  # some two million records beyond the gap of a damaged log
REMAINS_LINE_BYTES_MAX = 16 * 1_048_576  # a line names all records that a subject is known to lack
JSON_LINE_BYTES_MAX = 1_048_576
LEDGER_FILE_BYTES_MAX = 64 * 1_048_576
LEDGER_ROWS_MAX = 100_000  # that hold something
LEDGER_LINES_MAX = 1_048_576  # with empty ones: what spreadsheet programs have
LEDGER_COLUMNS_MAX = 256
LEDGER_SHEETS_MAX = 64
LEDGER_PARTS_MAX = 1_000  # files inside one .xlsx
LEDGER_UNPACKED_BYTES_MAX = 256 * 1_048_576
LEDGER_CELLS_MAX = 2_000_000  # of the rectangle from A1 to the last cell that holds something
LEDGER_CELL_CHARS_MAX = 32_767
LEDGER_TEXT_CHARS_MAX = 64 * 1_048_576  # all cells together, each shared text counted as often as it is used


def _str_bytes(n: int) -> int:
    """Encoded size of a text of n bytes, header included. A binary below 32 bytes takes one byte more."""
    return n + (1 if n < 32 else 2 if n < 256 else 3 if n < 65_536 else 5)


def _array_bytes(n: int) -> int:
    return 1 if n < 16 else 3


_INT = 9  # the widest encoding of an integer within ±(2**53 - 1)


def largest_event_bytes() -> int:
    """Size of the largest event that the limits allow, as bytes before it is wrapped into a record."""
    return (
        1
        + _str_bytes(KIND_BYTES_MAX)
        + 2 + EVENT_ID_BYTES
        + 1 + 2 * _INT
        + _array_bytes(SUBJECTS_MAX) + SUBJECTS_MAX * _str_bytes(SUBJECT_BYTES_MAX)
        + _array_bytes(PEOPLE_MAX) + PEOPLE_MAX * (1 + _str_bytes(ROLE_BYTES_MAX) + _str_bytes(SUBJECT_BYTES_MAX) + 1)
        + _array_bytes(REFS_MAX) + REFS_MAX * (1 + 2 + EVENT_ID_BYTES + 2 + HASH_BYTES)
        + _INT
        + BODY_BYTES_MAX
    )  # fmt: skip


def largest_record_bytes() -> int:
    """Size of the largest record that the limits allow."""
    link = 1 + 2 * _INT + 2 + HASH_BYTES
    signature = 1 + _str_bytes(ROLE_BYTES_MAX) + 2 + PUBLIC_KEY_BYTES + _INT + 2 + SIGNATURE_BYTES
    return (
        1 + 1 + 2 * _INT
        + 2 + HASH_BYTES
        + 1 + _INT + 2 + HASH_BYTES
        + _array_bytes(SUBJECTS_MAX) + SUBJECTS_MAX * link
        + 3 + largest_event_bytes()
        + _array_bytes(SIGNATURES_MAX) + SIGNATURES_MAX * signature
    )  # fmt: skip


RECORD_BYTES_MAX = largest_record_bytes()

# `raise AssertionError`, not `assert`: -O must not remove it.
if RECORD_BYTES_MAX > C2SP_ENTRY_BYTES_MAX:
    raise AssertionError(f"a record may take {RECORD_BYTES_MAX} bytes, an entry {C2SP_ENTRY_BYTES_MAX}")
if not THRESHOLD_MIN <= ADMINISTRATORS_MAX or RECOVERY_KEYS_MAX < THRESHOLD_MIN:
    raise AssertionError("the thresholds contradict the numbers of keys")
if SUBJECTS_NOT_PERSONS_MAX + PEOPLE_MAX > SUBJECTS_MAX:
    raise AssertionError("more persons and other subjects are allowed than subjects")
if not SUBJECTS_NOT_PERSONS_MAX + SIGNATURES_MAX <= SUBJECTS_OF_ACT_MAX <= SUBJECTS_MAX - SIGNATURES_MAX:
    raise AssertionError("those who sign an act, or sign for it later, may not fit beside its subjects")
if LIST_PART_CARRIERS > SUBJECTS_NOT_PERSONS_MAX:
    raise AssertionError("a part of a list may not fit its event")
if TEXT_BYTES_MAX > BODY_BYTES_MAX or WALK_STEPS_MAX < BASE_DISTANCE_MAX:
    raise AssertionError("limits contradict each other")

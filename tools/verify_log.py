#!/usr/bin/env python3
"""An independent verifier of logs in the chainlog format, version 1.

Usage: verify_log.py LOG --log-id HEX [--json]

It follows the document FORMAT.md alone and shares no code with the package that writes such logs. Section numbers
in the comments are those of FORMAT.md. The file stands alone: beside the standard library it needs PyNaCl
(Ed25519 by libsodium) and lmdb >= 3.0 (a checker of database pages in pure Python, and the engine that reads them).

How it goes: the database is copied to a private place, checked page by page and read by a child process (14.2); the
records are decoded (14.3), put in order (14.4) and tied together by their hashes (14.5); each is judged against those
below it (14.6, 14.7); then the signed head (14.8), the tables (14.9) and the remarks (14.10). It reads no clock.

Exit status: 0 if nothing was found and the log id was given and is this log's; 1 otherwise; 2 for wrong usage.
Lines of output: index, code, subject, detail, parted by tabs; "-" where there is none.
"""
from __future__ import annotations

import argparse
import base64
import bisect
import datetime
import functools
import hashlib
import json
import lzma
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import nacl.bindings as sodium
import nacl.exceptions

MAX_INT = 2**53 - 1
ZEROS = bytes(32)
DAY_US = 86_400_000_000
MONTH_US = 31 * DAY_US                              # section 4
MAX_RECORD, MAX_BODY, MAX_TEXT, MAX_NOTE = 65_093, 12_288, 1_024, 131_072
MAX_SEARCH = OLD_BASE = 10_000
REMARKS = {"clock", "old-base", "document-not-named", "doubtful", "break-glass", "unknown-kind"}      # 14.1
ROLES = {"proposer", "reviewer", "approver", "giver", "receiver", "reader", "operator", "registrar", "escort",
         "supervisor", "witness", "administrator", "recovery", "log"}                                  # 2.9


class Bad(Exception):
    """Bytes that are not what the format demands; `code` is one of appendix B."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


def need(condition: bool, detail: str, code: str = "malformed") -> None:
    if not condition:
        raise Bad(code, detail)


def is_int(value: Any, low: int = -MAX_INT, high: int = MAX_INT) -> bool:
    return type(value) is int and low <= value <= high          # `type`, for True and False are no integers


def is_bin(value: Any, size: int) -> bool:
    return type(value) is bytes and len(value) == size


def is_array(value: Any, size: int) -> bool:
    return type(value) is list and len(value) == size


def hashed(prefix: int, data: bytes) -> bytes:
    """H(p || x) of section 0; the prefixes stand in section 10."""
    return hashlib.sha256(bytes([prefix]) + data).digest()


# ---------------------------------------------------------------------- 1.1 canonical MessagePack

UNSIGNED = {0xCC: (1, 2**7), 0xCD: (2, 2**8), 0xCE: (4, 2**16), 0xCF: (8, 2**32)}     # width, least value
SIGNED = {0xD0: (1, -33), 0xD1: (2, -2**7 - 1), 0xD2: (4, -2**15 - 1), 0xD3: (8, -2**31 - 1)}   # width, greatest
SIZED = {0xC4: (1, 0, "bin"), 0xC5: (2, 2**8, "bin"), 0xC6: (4, 2**16, "bin"),         # width, least size, type
         0xD9: (1, 32, "str"), 0xDA: (2, 2**8, "str"), 0xDB: (4, 2**16, "str"),
         0xDC: (2, 16, "array"), 0xDD: (4, 2**16, "array"), 0xDE: (2, 16, "map"), 0xDF: (4, 2**16, "map")}
MAP_KEY = re.compile("[a-z0-9_]{1,32}")


def take(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends. Only the one canonical encoding of it is taken."""
    need(at < len(data), "bytes are missing")
    first = data[at]
    at += 1
    if first <= 0x7F:
        return first, at
    if first >= 0xE0:
        return first - 256, at
    if first <= 0x8F:
        return take_map(data, at, first & 15, depth)
    if first <= 0x9F:
        return take_array(data, at, first & 15, depth)
    if first <= 0xBF:
        return take_bytes(data, at, first & 31, "str")
    if first in (0xC2, 0xC3):
        return first == 0xC3, at
    if first in UNSIGNED:
        width, least = UNSIGNED[first]
        value = int.from_bytes(take_bytes(data, at, width, "bin")[0], "big")
        need(least <= value <= MAX_INT, "an integer in a form that is not the shortest, or out of range")
        return value, at + width
    if first in SIGNED:
        width, greatest = SIGNED[first]
        value = int.from_bytes(take_bytes(data, at, width, "bin")[0], "big", signed=True)
        need(-MAX_INT <= value <= greatest, "an integer in a form that is not the shortest, or out of range")
        return value, at + width
    need(first in SIZED, f"the type 0x{first:02x} does not occur")
    width, least, kind = SIZED[first]
    size = int.from_bytes(take_bytes(data, at, width, "bin")[0], "big")
    need(size >= least, "a length in a form that is not the shortest")
    at += width
    if kind == "array":
        return take_array(data, at, size, depth)
    return take_map(data, at, size, depth) if kind == "map" else take_bytes(data, at, size, kind)


def take_bytes(data: bytes, at: int, size: int, kind: str) -> tuple[Any, int]:
    piece = data[at:at + size]
    need(len(piece) == size, "bytes are missing")
    if kind == "bin":
        return piece, at + size
    try:
        return piece.decode("utf-8"), at + size
    except UnicodeDecodeError:
        raise Bad("malformed", "a text is not UTF-8") from None


def take_array(data: bytes, at: int, size: int, depth: int) -> tuple[list[Any], int]:
    need(depth > 0, "nested too deep")
    result = []
    for _ in range(size):
        value, at = take(data, at, depth - 1)
        result.append(value)
    return result, at


def take_map(data: bytes, at: int, size: int, depth: int) -> tuple[dict[str, Any], int]:
    need(depth > 0, "nested too deep")
    result: dict[str, Any] = {}
    before = ""
    for _ in range(size):
        key, at = take(data, at, 0)
        need(type(key) is str and MAP_KEY.fullmatch(key) is not None, "a map key that is none")
        need(key > before, "map keys are out of order")
        result[key], at = take(data, at, depth - 1)
        before = key
    return result, at


def decode(data: bytes, depth: int = 8) -> Any:
    value, end = take(data, 0, depth)
    need(end == len(data), "bytes are left over")
    return value


def head_of(size: int, short: int, limit: int, long: tuple[int, ...]) -> bytes:
    """The header of a text, bytes, array or map: `short` + size below `limit`, else the shortest of `long`."""
    if size < limit:
        return bytes([short + size])
    for first in long:
        width = SIZED[first][0]
        if size < 256**width:
            return bytes([first]) + size.to_bytes(width, "big")
    raise ValueError("too long")


def encode(value: Any) -> bytes:
    """canonical(x)."""
    if type(value) is bool:
        return b"\xc3" if value else b"\xc2"
    if type(value) is int:
        if -32 <= value <= 127:
            return bytes([value & 0xFF])
        if value >= 0:
            first, width = next((f, w) for f, (w, _) in UNSIGNED.items() if value < 256**w)
        else:
            first, width = next((f, w) for f, (w, _) in SIGNED.items() if value >= -(256**w // 2))
        return bytes([first]) + value.to_bytes(width, "big", signed=value < 0)
    if type(value) is str:
        data = value.encode("utf-8")
        return head_of(len(data), 0xA0, 32, (0xD9, 0xDA, 0xDB)) + data
    if type(value) is bytes:
        return head_of(len(value), 0, 0, (0xC4, 0xC5, 0xC6)) + value
    if type(value) is list:
        return head_of(len(value), 0x90, 16, (0xDC, 0xDD)) + b"".join(map(encode, value))
    if type(value) is dict:
        pairs = b"".join(encode(key) + encode(value[key]) for key in sorted(value))
        return head_of(len(value), 0x80, 16, (0xDE, 0xDF)) + pairs
    raise TypeError(type(value).__name__)


def is_sorted(values: list[Any]) -> bool:
    """*Sorted* of 1.1: ascending strictly by the encoded bytes."""
    encoded = [encode(value) for value in values] if len(values) > 1 else []
    return all(a < b for a, b in zip(encoded, encoded[1:], strict=False))


# ---------------------------------------------------------------------- 1.2 text, 3.1 and 3.2 subjects

REPERTOIRE_SHA256 = "5dc98cb1a5fc177362e9b5adaba87cd1b87142fba9c0a775f3dd7c16328ce1e9"
REPERTOIRE_XZ = """
/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4CWFCktdABGIBwfhoPbq4wEzfpnJYurwKr3/552KAPkFTQ1vA/3+uyZj1BtbNhFVRUHgsXjC10HYGWr6szgx53
qlIw1ZShWEsRtkfVEJ5fZ0OflR0ExOnYljGbGkrDBKXD8XPNEUEoZ6N3QLPVzCegot3H1b7+mXj6WLVwFirarhP49dV2pLVx3p3YbZkO+bX9IBVLzPWi+C
nma/F3M5GQRB/HdFoL00sfkxJWIEg8zPE27zgtjGGS2Phbdm81H9oBpgLkd7eV1UhRDycn+DaP6xDnNW8LbyJcgHXRzy5j04MP40lhypvMF1XQtKGzjbBx
xI5XEokaEdNeNDGEx2JjM2rUNj2/hVgGasnqm8DGdG1mGLV/0H7YAc4D/JNKeJFb0uu/X4FW/K47MACDvJmYnZ5CTOqf4u3OCEWQl8sl5XTvbKw1/hBZNB
YguzkOCH9RofluC9pqTVGob+NaTDKpcv7MVFMwr/0OmopQpjjhoNgMA1vfpmEfgZzO1jYwWwSyj5X3ocXqbHW8glNultI9+LiEt0WhAqxG3YusUwTiPA9g
6ceKLJjD1wnUFqJR12TKZAMv0GloM7EX69Pup77QZLp5w6N5W6JwkQ8r1PRlMOknVxY9fkdOgO5DR3sm2T9s7G6+YuL1/uXiP0mFuxX6gg46EF9W104ZN6
TVOQ9uotZaQBzDUs+kO4cBWHS2x60QrcX9D78o+GRms2QBQx2NHM1C0sCpwq6vTNsZsrbMO9Nm+aFrUdC9zWZA3P+9DSbe5EZ9qX+BANpMsb5xK8i5Oc25
zWaNw9LAQmcWva2x6upEezpV4oiF7K+ZFqBXx3CjxehMFRSDgYM9rQ5BYWMFnqz4KD6P14MVC16xkNv2+ywFpxW2mIA9NZGwhWGbepTqayd/e0a1PtO9Ix
ZxOiFyi+q4b4S/N4KaQbMy3Fw6c6zGXCr0+/x+C5vG44cC6AXodnjvCflksahbz8YvahCruLYN86qEf4Xke3iWZ2YsFU41QKhYnYKhhvujkN/Z5TNWIwUB
jtYM/aim8mStDq0cUzYKUn/VmIkFyQnbf0Wqy3zVWd+VFxbfS7luInmb9FbEfBtdXzr52uIMuwaXtwYB8ZyCfF99o6222/teWsdUBbSkP7hCUUac7bMyKL
ZoTpxcJMM1CoFX7AVC/H5Ivom9H42P1LAqC0tE+ybNRCwkiYJSvD+YTlCgPn1x8mtX3GtheiF7lNOJD4QbWvJbxqr3dbWTTAqDgTNaotEHDo85h8cmCEo/
IhL1eCrGUDq6gfZNTytjx9b47MU3K3EHQz/WQbU53I5fHzN0uCNSAPByQXH4VYngS2WQgSf9SEBtMokyy663yQ5hBxwCU+TieFp/KMcXir/+BoZH2nze/c
YSYvwsi0vVljnkaWFCY3P/KwmQQs/JroisnHr5vGeGcjg4+ayhpvxawjiUcQDWqllQBZ4VGsIT+Kdwqk05Ybw5y744cOIOnO4xHqRI+21X6AnN4GBwIM9y
Blr3SgW/wWnpWokMtxaWhsU8AW1W0RhLk7BeJVNHMlu62vVfHX23V3OnRxmR59XzDuwlOR/SCcPOagR+TMiow3AUC/HoCDGE77pXxfuwk2Y/iR5CG72YVw
6UfrU7hb1Mqf0ynV4bIyEViHCIs/AVDaK/l1oczvzlyN7Ga1hNBaKQfZPZr5gumBeBt++SnZ6saOVvkRWwNlWWWmYcWuA++ej8CDljQA2MDTfvpQzM1NaG
43FcuyqTQKMKksNn5SKIirvMq52T+Yc7FKzPcbb4Ad7IBxj1U1qon760/N07ixMwSro98GGwyMYl77jAVcowDQYqDEyLow6iX9Eh7Le6B2JoLsva/8ecp2
vU8Fhm7ejTX+qMv6K44Y2YmbfBWm7ZNEjTJNOyabNFD6ZsO1J/fX6ieWcEtb4adDLgLtBrmrchezDrpZB7FQS2TcMhuFBJH4ZqB1rwtZPIZ3+6HhnuDI3b
3F+ql++kj7HhilZ0wDwFIgJQNp9DUjPSNX4h0ZZkb4GN/25VhbDt5Zjon2HHgYYpcsqPqtnQvmPt2SnPP7cVCaKddbTQPtWXjIwYVZgIj5Q6Qm7BKCUBl4
F+r3QszGzyzNojNixg20yh/263gx/QBfF7CGm9jmBL7fvTQ22GfMoIX3n5sL2qWprH7K9Kr78iZ2TJF9TlBgBGE912Odm6ySZcpfTp17ajxIfo0vI3828m
OAjigbUGGnkhFkEzt4ZkZ7oQEl1eG+r00RfIxL2td1onbjFwVdah/q0hsO5n7EyEREfHWXWxy/GDyr4GKNtLp5jogKU/DiREV+E0xWhE9lQNvBxtapLynX
aIUvy0bsOX7Sqco8CR3OFmQmI9M/AMEq76TeRWfs5eP8fquKYGsd3Gr8WynrVAE2n8Iy5cGzA3FA2ruwpS2lzaCSTtvY0ISXI97zSi6zCfOwrZMcbPFFom
pfXhxi2VLFDPatzUXfoD88COyxm/vIKAwd7ccDG1XOzOo4Dp8C93vhKprFES5hfgzo0qyU0fr7z3OGOb+nwq97XHgkCtxLfxs+MMb54pTc5SJB8L/+IuDU
btG4EWZ/amLLf/HYnNezRhPxtuABO4jKYWe2MNJNo3TyL/q9JXbvo/hDeVTqbicJcQirkYGdR7mjsffnMJfEHPRyKlmtUcQSbYSwtd7/L16ZcGBTUADySf
X4wuCxKV3RLH+GHfzhIc3O28xmwpLMOQOPh7rg4obc8J34cEnrxjGZvB7wE7iR/6WoyG0VIh4UAiQxalTA0c+hAKfJKhnX/bUsiKJ7LfVHYUBm4JdSvQHn
uc1ahzO31vJ8s7FWcM+iQCgf1F1TqsIWrDdMWCNId6K/WD7zZkJfrLVSSw4gqlF+TAx6ps7SpiQ47X4vqLJ/LxKCeGFGR+12LZgbP+SYU/xYy4GhajaM00
orzKOOW+6jKNSgRSiiTVBH2IytyU50LVzctPHtP7yhpALszIehcwjdYX6o9szvSqhn3b11Fk9ge0EQilW6N1D2MiZrG2nv2zwHvy1UBEQq4kViImH3NWft
NvsWhogHmB48Na4BHVd0seI8C5H8UocAckC1nnZh4N9k4naA77Pq5AW+pUvQedcgAeYjvDGXeyRUZKX/UULl8e4G8H9F/aSyzbLJ6qKJt2M8i8UJ68y2U2
sYbVAeZwgtx2Irj8lXIaYi9eTmEFgu9CctlFe1YizNZ3lzDJ3RjEl0WZWNx1UJTnF5bjPtXNBpfDrjAlo+EXNqtowqIM4rY0418i9CUxxRx2+hvMEo1pjz
hzWXhx7HjfCjmneLu1D/RkF7JBvZ/w9+A0Sfr6iTdndf9BMhDNMAUHnWVz9RHSCTHTgQMMW0pGsp2ZeDqJ7oJlpI/dxgA2ESaNJqghmvzUHEvqiLMjM9R6
cnMMTrzYpkST8m22thKSws1A2kojYQv0HP/Xa3wh3FGkn79BAKfkpHMb4MIxKZ0b8ZeYyDVxoB7f86YhvnkjH3cavxNUuLKe7vZP1qaP8+Hvy4pQ3M4e65
5Cd7k539Icc43QAAAG4Md6pPc4rOAAHnFIZLAABjRYnpscRn+wIAAAAABFla
"""


def load_repertoire() -> re.Pattern[str]:
    """The file repertoire.txt, embedded as it is, as the pattern of a text that has no other code points."""
    data = lzma.decompress(base64.b64decode(REPERTOIRE_XZ))
    if hashlib.sha256(data).hexdigest() != REPERTOIRE_SHA256:
        raise SystemExit("the embedded repertoire is not that of FORMAT.md")
    lines = [line.split("..") for line in data.decode().splitlines() if line and not line.startswith("#")]
    ranges = "".join(f"\\U{int(a, 16):08x}-\\U{int(b, 16):08x}" for a, b in lines)
    return re.compile(f"[{ranges}]*")


REPERTOIRE = load_repertoire()
WHITE_SPACE = re.compile("[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]")
BRACKETS = {ord(c): "〔" for c in "([{【〖〔〘〚❲⟦⟬⦅⦗"} | {ord(c): "〕" for c in ")]}】〗〕〙〛❳⟧⟭⦆⦘"}
CAPITALS = {ord(c): c.upper() for c in "abcdefghijklmnopqrstuvwxyz"}
SUBJECT = re.compile("[cdpliuw](/[^/]+)+|s/(admins|log|map|policy)|k/[0-9A-F]{64}")


@functools.lru_cache(maxsize=65_536)
def is_text(text: str, multiline: bool = False) -> bool:
    """1.2; `multiline` is the rule of the field `note`. NFC is stable for all code points of the repertoire."""
    plain = text.replace("\n", "").replace("\t", "") if multiline else text
    return REPERTOIRE.fullmatch(plain) is not None and unicodedata.is_normalized("NFC", text)


def fold(text: str) -> str:
    """3.1, step by step."""
    text = unicodedata.normalize("NFKC", text)
    text = WHITE_SPACE.sub("", text)
    text = text.translate(BRACKETS)
    before, slash, after = text.partition("/")
    if slash and before != "s":
        text = before + slash + after.translate(CAPITALS)
    text = unicodedata.normalize("NFKC", text)
    return re.sub("〕0+(?=[0-9])", "〕", text)


@functools.lru_cache(maxsize=65_536)
def subject_fault(text: str) -> str:
    """3.2: the code that a text deserves which is no subject, or nothing."""
    if len(text.encode("utf-8")) > 120 or not is_text(text):
        return "malformed"
    return "" if SUBJECT.fullmatch(text) and fold(text) == text else "not-folded"


def need_subject(value: Any, prefixes: str, what: str) -> None:
    """`value` is a subject with one of the prefixes (3.3, last paragraph)."""
    need(type(value) is str, f"{what} is no text")
    fault = subject_fault(value)
    need(not fault, f"{what} is no subject", fault)
    need(value[0] in prefixes, f"{what} is a subject of another prefix")


# ---------------------------------------------------------------------- appendix A, transcribed

# A field is `name type`, with `?` behind the name if it may be absent. `[t]` is a list of 0 to 256, `[t]a-b` of a to b;
# `[t, u]` an array of exactly these; `one:` an enumeration; every other word a type of A.1 (`P/U` for P|U and so on).
TYPE_TABLE = """
level = one:绝密,机密,秘密,内部,无密,未标
form =
    one:document,material,drawing,periodical,cipher_telegram,audio_video,optical_disc,floppy,hard_disk,usb_stick,memory_card,computer,laptop,office_machine,volume,register_book,exam_paper,draft,other
channel =
    one:by_hand,confidential_post,confidential_traffic,exchange,classified_network,coded,meeting,phone,ordinary_post,courier,freight,internet,email,fax,messaging
phase =
    one:in_stock,in_transit,in_circulation,on_loan,held,out,in_repair,recalled,pending_destruction,destruction_approved,sent_for_destruction,missing,issued_out,returned_to_issuer,archived,destroyed,lost
step = one:proposed,reviewed,approved,checked,rejected,completed
condition = one:intact,missing_pages,damaged,altered,unbound
holiday = [str, date, date]
log elsewhere = [hash, count, hash]
record elsewhere = [hash, count, hash, subject]
part = map number count; of count; whole hash
attachment = map name Text; size count; sha256 hash
source = map cells hash; sha256 hash; sheet str; row count
recovery = map keys [[P, key]]2-7; threshold count
Cover = map wrapped bool; level level; number str; addressee Text
Document = map title Text; type? str; issuer U; level level; doc_no? Text; term? str; issue_date? date; tier? str;
    classifier? U; classification? one:original,derived; derived_from? [D]; copies? count; pages? count; series? str;
    owner? U; urgency? one:urgent,soon,ordinary; no_copy? bool; no_record? bool; return_required? bool; return_due?
    date
Extra = map label str; document? D; copy_no? str
Item = map carrier C; form form; document? D; copy_no? str; pages? count
ListItem = map carrier C; reason? one:no_longer_needed,scrapped,meeting,leaver,declassified_unpublished,copy,other
OpeningItem = map carrier C; form form; level level; phase phase; row count; document? D; copy_no? str; pages? count;
    term? str; holder? P; place? W
Policy = map profile str; version str; effective_at time; parameters [[str, [str]0-64]]0-512; refuse [str];
    document_no? str
Scope = map persons? [P]; posts? [str]0-64; units? [U]
"""
# A.2. `Note` is a Text that may hold newlines and tabs (1.2).
COMMON = "place? W; late_reason? Text; source? source; stated? [[str, Text]]1-32; copies_unnumbered? count; " \
         "attachments? [attachment]1-16; note? Note"
# A.3: kind | subjects | moves | fields. Kinds below the line `registry` are registry events (5.4).
KIND_TABLE = """
created.received | c+ d* | c | level level; items [Item]; sender U; channel channel; listed count; found count; seal
    one:intact,broken,none; delivery_no? str; obtained_at? time; origin_record? record elsewhere
created.produced | c+ d | c | level level; items [Item]; device? C; licence_no? str; distribution? [P/U]; spoiled?
    count
created.equipment | c | c | level level; form form; number str; register str; serial count; unit U; term? str; model?
    str; serial_no? str; capacity? str; purpose? Text; network? one:standalone,classified,internal,internet; protected?
    bool; no_copy? bool
created.entered | c+ d* | c | level level; items [Item]; reason one:byproduct,volume,book,exam,discovered,other; term?
    str
created.opening | c+ d* | c | items [OpeningItem]1-256
registered.document | d+ c* | - | register str; serial count; document? Document; items? [Item]
registered.void | u | - | register str; serial count; reason Text
marked | c+ | c | text str; position one:top_left,top_right,cover,label,title,other
transferred.circulate | c+ l? | c list | mode one:face_to_face,left_on_desk,exchange_box,other; folder_no? str; due?
    time
transferred.lend | c+ | c | purpose Text; depth one:read,excerpt,copy,take_away; due? time; pages? count;
    introduction_no? str
transferred.hold | c+ | c | reason Text; due? time
transferred.take_out | c+ | c | destination W; reason Text; due? time; measures? [str]0-16
transferred.dispatch | c+ d* | c | to U; channel channel; cover? Cover; post_no? str
transferred.receipt | c+ l? | c list | found count; receipt_no? str
transferred.hand_over | c+ l? | c list | reason one:leaving,reassignment,interdepartmental,passing_on,gift,dissolution;
    to? U; part? part
transferred.store | c+ | c |
transferred.repair | c+ | c | to U; data one:removed,erased,kept; agreement_no? str
transferred.send_to_destruction | c+ l | c list | to U; receipt_no? str
transferred.archive | c+ d* | c | volume C; file_no str; copy_no? str; pages? count; forms? [str]0-64
returned.to_keeper | c+ l? d* | c list | reason one:reading,loan,take_out,meeting,recall; pages? count; condition?
    condition
returned.from_repair | c+ | c | work? Text; before? Text; after? Text
returned.to_issuer | c+ d* l? | c list | to U; receipt_no? str; part? part
copied.made | c+ d* | c | method one:copy,print,photograph,scan,burn,backup,excerpt,compile; parents [C]0-224; items
    [Item]; level level; device? C; stamped? bool; purpose? Text; term? str; extent? Text; due? time; document?
    Document
copied.stored | c+ d* | - | what Text; level level; form_no? str; device? C; documents? [D]
destroyed.carriers | c+ d* l? | c list | method
    one:pulp,shred,burn,crush,smelt,degauss,disintegrate,delete,format,sell,give_away,discard; unit? U; device? C;
    part? part
destroyed.byproducts | d | - | count count; what Text
destroyed.contents | c+ | c | method one:erase,overwrite,degauss,remove_disk,delete,format; certificate_no? str
listed.added | l c* u? | l | purpose one:destroy,clear,recall,hand_over,inventory; items [ListItem]; total count; part?
    part; due? time
listed.withdrawn | l c+ | l | reason Text
decided.classify | d+ or c+ | d | step step; by? U; level level; term? str; basis? Text; special_basis? Text;
    classification? one:original,derived; scope? Scope
decided.reclassify | d+ or c+ | d | step step; by? U; change one:raised,lowered,extended,shortened,declassified; level
    level; term? str; ground? one:harm_changed,reach_changed,harmless,beneficial,expired,terms_met; authority_doc? str
decided.scope | d+ | d | step step; by? U; change one:set,extended; scope Scope
decided.route | d+ | - | step step; by? U; recipients? [P/U]; slip_no? str; slip_header? Text
decided.permit | c+ or d+ or l or u | list | step step; by? U; act
    one:make,make_outside,copy,excerpt,lend,take_out,read_outside,consult,store_content,repair,destroy,transfer,archive,publish,open,system_change,waive_return,abroad;
    purpose? Text; form_no? str; count? count; until? time; where? W; to? [P/U]; depth?
    one:read,excerpt,copy,take_away; whole? hash
accessed.read | c+ or d+ | - | how one:read,consult,heard; out_at? time
accessed.connected | c2 | - | device C
accessed.entered | w | - | out_at? time
checked.count | d or l | - | expected count; actual count; copy_nos? [str]0-1000
checked.inventory | l c* d* u or l c* d* w | - | occasion one:regular,holiday,handover,special; found [C]; extra?
    [Extra]0-64; holder? P; part? part
checked.carrier | c+ | - | reason one:return,take_out,repair,other; passed bool; pages? count; condition? condition
checked.inspection | u or d+ or c+ | - | topic one:full,special,self,classification,secrecy_term,day_end,accounts;
    findings? Text
checked.fetch | u | - | station U; count count; vehicle? str; back_at? time
reported.incident | i? c* d* | c | what one:missing,found,lost,discrepancy,leak,breach,fault,change; discovered_at?
    time; happened_at? time; expected? count; actual? count; to? [P/U]
reported.upward | i+ | - | to [P/U]1-256; report_no? str
reported.handled | i+ | - | step
    one:remedied,investigation_opened,investigation_closed,rectification_ordered,rectified; due? time; outcome? Text
notified.sent | c* or d+ or l or u | - | topic one:collect,recall,level_change,urge,no_record,departure,other; to
    [P/U]; channel channel; letter_no? str; due? time; names_title? bool; text_sha256? hash
notified.filed | c+ or u | - | to U; what one:equipment_register,classification_report,disposal_report,statistics;
    period? str; figures? [[str, count]]0-64
notified.published | d+ or c+ or u | - | how one:website,archive_opened,press; site? str
corrected.field | target | c l | field str; old json; new json; reason Text
corrected.void | target | c l | reason Text
countersigned | target | - | reason? Text
registry
declared.unit | u | - | unit U; name Text; type
    one:own,section,superior,peer,subordinate,authority,exchange,printer,repairer,destroyer,shop,other; parent? U;
    tier? str; authority? level; max_level? level; designated? [one:print,repair,destroy]0-3; licence_no? str;
    agreement_no? str; abroad? bool; valid_from? date; valid_to? date
declared.place | w | - | place W; name Text; type
    one:secure_room,confidential_office,reading_room,archive,archive_store,print_room,compliant_office,office,meeting_room,print_site,repair_site,destruction_site,exchange,other_unit,public,home,abroad,shop,iron_cabinet,coded_cabinet,safe;
    unit? U; inside? W; max_level? level; mixed? bool; licence_no? str; valid_from? date; valid_to? date
declared.person | none | registry | person P; name Text; unit U
declared.calendar | s/log | registry | year count; holidays [holiday]0-64; workdays [date]0-64; authority_doc? str
declared.meeting | l | - | list L; starts_at time; ends_at time; attendees [P]
appointed.post | d? l? | registry | person P; post str; over U/W/D/L; valid_from date; valid_to? date; document_no? str
appointed.level | none | registry | person P; what one:clearance,authority; level level; valid_from date; valid_to?
    date; document_no? str
appointed.credential | none | registry | person P; what one:certificate,undertaking,training,cooling_off; valid_from
    date; valid_to? date; document_no? str
dismissed | d? l? | registry | person P
departed | none | registry | person P; reason Text
enrolled | none | registry | person P; key key; proof signature
revoked | none | registry | person P; key key; reason one:retired,lost,compromised; doubt_from? count
administered | s/admins | registry | administrators [[P, key]]2-8; threshold count
log_key_changed | s/log | registry | old key; new key; proof signature; lost? bool
log_opened | s/admins s/log s/policy | registry | name str; title? Text; log_key key; administrators [[P, key]]2-8;
    threshold count; recovery? recovery; unit U; utc_offset_minutes int; policy Policy; nonce hash; previous? log
    elsewhere
policy_adopted | s/policy | registry | profile str; version str; effective_at time; parameters [[str, [str]0-64]]0-512;
    refuse [str]; document_no? str
index_committed | s/map | registry | map_root hash; size count; subjects count
erased | target | - | path str; reason Text
recovered | s/log | registry | lost_from count; known_size count; known_root hash; reason Text
format_adopted | s/log | registry | version count
log_closed | s/log | registry | successor str
"""


class Kind(NamedTuple):
    rows: list[list[str]]       # alternatives of subjects, each a list like ["c+", "d*"]
    moves: list[str]
    fields: dict[str, tuple[bool, Any]]
    registry: bool


def table_lines(table: str) -> Iterator[str]:
    """The entries of a table; a line that begins with a space goes on with the line before."""
    yield from re.sub("\n +", " ", table.strip()).split("\n")


def parse_type(text: str, types: dict[str, Any]) -> Any:
    if text.startswith("one:"):
        return "one", frozenset(text[4:].split(","))
    if text.startswith("["):
        inner, _, bounds = text[1:].rpartition("]")
        parts = re.split(", (?![^\\[]*\\])", inner) if not inner.startswith("[") else [inner]
        if len(parts) > 1:
            return "tuple", [parse_type(part, types) for part in parts]
        low, _, high = bounds.partition("-")
        return "list", parse_type(inner, types), int(low or 0), int(high or 256)
    return types.get(text) or ("leaf", text)


def parse_fields(text: str, types: dict[str, Any]) -> dict[str, tuple[bool, Any]]:
    """name -> (required, type)."""
    fields = {}
    for entry in text.split("; ") if text else []:
        name, _, kind = entry.partition(" ")
        fields[name.rstrip("?")] = (not name.endswith("?"), parse_type(kind, types))
    return fields


def parse_tables() -> dict[str, Kind]:
    types: dict[str, Any] = {}
    for line in table_lines(TYPE_TABLE):
        name, _, text = line.partition(" = ")
        types[name] = ("map", parse_fields(text[4:], types)) if text.startswith("map ") else parse_type(text, types)
    common = parse_fields(COMMON, types)
    kinds, registry = {}, False
    for line in table_lines(KIND_TABLE):
        if line == "registry":
            registry = True
            continue
        name, rows, moves, fields = (part.strip() for part in line.split("|"))
        alternatives = [row.split() for row in rows.split(" or ")] if rows != "none" else [[]]
        kinds[name] = Kind(alternatives, moves.split(), common | parse_fields(fields, types), registry)
    return kinds


KINDS = parse_tables()


# ---------------------------------------------------------------------- 2.2, 2.9, 3.3 events

def check_text(value: Any, what: str, multiline: bool = False) -> None:
    need(type(value) is str and is_text(value, multiline), f"{what} is no text of the repertoire")
    need(1 <= len(value.encode("utf-8")) <= MAX_TEXT, f"{what} is empty or too long")


def check_leaf(name: str, value: Any, what: str, subjects: list[str]) -> None:
    """One value of a type of A.1 that is neither list nor map."""
    if name in ("Text", "Note"):
        if type(value) is dict:
            need(list(value) == ["sealed"] and is_bin(value["sealed"], 32), f"{what}: a sealed value that is none")
        else:
            check_text(value, what, name == "Note")
    elif name in ("str", "json", "date"):
        check_text(value, what)
        need(name != "str" or len(value) <= 256, f"{what} is too long")
        need(name != "date" or is_date(value), f"{what} is no date")
        need(name != "json" or is_json(value), f"{what} is no JSON text")
    elif name in ("int", "time", "count"):
        need(is_int(value, 0 if name == "count" else -MAX_INT), f"{what} is no number of its kind")
    elif name == "bool":
        need(type(value) is bool, f"{what} is neither true nor false")
    elif name in ("hash", "signature"):
        need(is_bin(value, 32 if name == "hash" else 64), f"{what} hasn't the size of a {name}")
    elif name == "key":
        need(is_array(value, 2) and is_int(value[0], 1, 1) and is_bin(value[1], 32), f"{what} is no key")
    elif name in ("C", "D", "L"):
        need(is_int(value, 0), f"{what} is no position")
        pointed = subjects[value] if value < len(subjects) else ""
        need(pointed[:2] == name.lower() + "/", f"{what} points elsewhere", "subjects-mismatch")
    else:
        need_subject(value, "cdpliuw" if name == "subject" else name.lower(), what)      # P, U, W, P/U, U/W/D/L


def is_date(text: str) -> bool:
    try:
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def is_json(text: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)                              # NaN and Infinity are no JSON
    try:
        json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


def check_value(spec: Any, value: Any, what: str, subjects: list[str]) -> None:
    if spec[0] == "leaf":
        check_leaf(spec[1], value, what, subjects)
    elif spec[0] == "one":
        need(type(value) is str and value in spec[1], f"{what} is not on its list")
    elif spec[0] == "list":
        need(type(value) is list and spec[2] <= len(value) <= spec[3], f"{what} is no list of that length")
        for element in value:
            check_value(spec[1], element, what, subjects)
    elif spec[0] == "tuple":
        need(is_array(value, len(spec[1])), f"{what} is no array of {len(spec[1])}")
        for part, element in zip(spec[1], value, strict=True):
            check_value(part, element, what, subjects)
    else:
        check_fields(spec[1], value, what, subjects)


def check_fields(fields: dict[str, tuple[bool, Any]], value: Any, what: str, subjects: list[str]) -> None:
    need(type(value) is dict, f"{what} is no map")
    for name, element in value.items():
        need(name in fields, f"{what} has a field {name} that is unknown")
        check_value(fields[name][1], element, f"{what}.{name}", subjects)
    for name, (required, _) in fields.items():
        need(not required or name in value, f"{what} has no {name}")


def check_unknown_body(value: Any, what: str, multiline: bool = False) -> None:
    """Section 11: of the body of an unknown kind, only form and texts are judged."""
    if type(value) is str:
        need(is_text(value, multiline) and len(value.encode("utf-8")) <= MAX_TEXT, f"{what} is no text")
    elif type(value) is list:
        for element in value:
            check_unknown_body(element, what)
    elif type(value) is dict:
        for name, element in value.items():
            check_unknown_body(element, f"{what}.{name}", what == "body" and name == "note")


@dataclass(slots=True)
class Event:
    kind: str
    id: bytes
    subjects: list[str]
    people: list[list[Any]]             # [role, person, signs]
    refs: list[list[bytes]]             # [id, event hash]
    expires: int
    body: dict[str, Any]
    raw: bytes
    spec: Kind | None                   # None: an unknown kind


def parse_event(raw: bytes) -> Event:
    parts = decode(raw, 9)              # 1.1 rule 6: the body, at depth 2, is counted by itself
    need(is_array(parts, 8), "an event has eight elements")
    kind, event_id, occurred, subjects, people, refs, expires, body = parts
    need(type(kind) is str and len(kind) <= 64, "the kind is no text of that length")
    need(re.fullmatch("[a-z_]+(\\.[a-z_]+)?(/[0-9]{1,2})?", kind) is not None, "the kind has not its form")
    spec = KINDS.get(kind)
    need(is_bin(event_id, 16), "the id hasn't 16 bytes")
    need(occurred == [] or is_array(occurred, 2) and is_int(occurred[0]) and is_int(occurred[1], 0), "occurred")
    check_subjects(subjects)
    check_people(kind, people, spec is not None)
    need(type(refs) is list and len(refs) <= 16, "more than 16 references")
    for ref in refs:
        need(is_array(ref, 2) and is_bin(ref[0], 16) and is_bin(ref[1], 32), "a reference that is none")
    need(is_sorted(refs) and len({ref[0] for ref in refs}) == len(refs), "references out of order or twice")
    need(is_int(expires), "expires_at_us")
    need(type(body) is dict, "the body is no map")
    need(len(raw) <= MAX_BODY or len(encode(body)) <= MAX_BODY, "the body is too long")
    event = Event(kind, event_id, subjects, people, refs, expires, body, raw, spec)
    if spec is None:
        check_unknown_body(body, "body")
    else:
        check_fields(spec.fields, body, "body", subjects)
        check_which_subjects(event, spec)
    return event


def check_subjects(subjects: Any) -> None:
    need(type(subjects) is list and 1 <= len(subjects) <= 256, "1 to 256 subjects")
    for subject in subjects:
        need(type(subject) is str, "a subject is no text")
        fault = subject_fault(subject)
        need(not fault, "a subject against section 3.2", fault)
    need(is_sorted(subjects), "subjects out of order or twice")
    need(sum(not subject.startswith("p/") for subject in subjects) <= 224, "more than 224 subjects not persons")


def check_people(kind: str, people: Any, known: bool) -> None:
    need(type(people) is list and 1 <= len(people) <= 32, "1 to 32 people")
    for entry in people:
        need(is_array(entry, 3) and is_role(entry[0], known) and is_int(entry[2], 0, 2), "an entry of people")
        role, person, signs = entry
        if role == "log" or person == "s/log":
            need(person == "s/log" and role == "log" and signs == 1, "the log stands only as [log, s/log, 1]")
            need(not known or kind in ("log_opened", "log_key_changed", "index_committed"), "the log out of place")
        else:
            need_subject(person, "p", "a person")
    need(is_sorted(people), "people out of order")
    need(len({(role, person) for role, person, _ in people}) == len(people), "a person twice in one role")
    need(sum(signs for _, _, signs in people) <= 16, "more than 16 signatures")


def is_role(role: Any, known: bool) -> bool:
    return type(role) is str and (role in ROLES if known else re.fullmatch("[a-z_]{1,24}", role) is not None)


def key_pairs(body: dict[str, Any]) -> list[tuple[str, bytes]]:
    """(person, public key) of `administrators`, then of `recovery`."""
    recovery = body.get("recovery", {}).get("keys", [])
    return [(person, key[1]) for person, key in body.get("administrators", []) + recovery]


def check_which_subjects(event: Event, spec: Kind) -> None:
    """3.3; point 4 was checked with the fields."""
    body, subjects = event.body, event.subjects
    people = {person for _, person, _ in event.people if person != "s/log"}
    if spec.rows == [["target"]]:       # point 6; the act referred to is looked up in step 15
        need(len(event.refs) == 1, "refers to one act exactly", "subjects-mismatch")
        need(people <= set(subjects), "a person is no subject", "subjects-mismatch")
        return
    persons = people | {person for person, _ in key_pairs(body)}
    persons |= {body["person"]} if "person" in body else set()
    keys = {key for _, key in key_pairs(body)}
    keys |= {body[name][1] for name in ("key", "old", "new", "log_key") if name in body}
    need({s for s in subjects if s[0] == "p"} == persons, "persons (point 1)", "subjects-mismatch")
    need({s for s in subjects if s[0] == "k"} == {key_subject(k) for k in keys}, "keys (point 2)", "subjects-mismatch")
    others = [s for s in subjects if s[0] not in "pk"]
    unnumbered = "copies_unnumbered" in body
    need(any(fits_row(row, others, unnumbered) for row in spec.rows), "no row fits (point 3)", "subjects-mismatch")
    about = {"declared.unit": "unit", "declared.place": "place", "appointed.post": "over"}.get(event.kind)
    if about:                           # point 5
        taken = any(body[about][0] == token[0] for row in spec.rows for token in row)
        need(others == ([body[about]] if taken else []), f"not about `{about}` (point 5)", "subjects-mismatch")


def fits_row(row: list[str], others: list[str], unnumbered: bool) -> bool:
    bounds: dict[str, tuple[int, int]] = {}
    for token in row:
        name, count = (token, "") if token.startswith("s/") else (token[0], token[1:])
        bounds[name] = {"": (1, 1), "2": (2, 2), "?": (0, 1), "*": (0, 256), "+": (1, 256)}[count]
    if unnumbered and "c" in bounds:
        bounds |= {"c": (0, 256), "d": (1, 256)}
    found = dict.fromkeys(bounds, 0)
    for subject in others:
        name = subject if subject[0] == "s" else subject[0]
        if name not in found:
            return False
        found[name] += 1
    return all(low <= found[name] <= high for name, (low, high) in bounds.items())


def key_subject(key: bytes) -> str:
    return "k/" + key.hex().upper()


# ---------------------------------------------------------------------- 2.1 records

@dataclass(slots=True)
class Record:
    index: int
    time: int                           # recorded_at_us
    prev: bytes
    base: list[Any]                     # [base_index, base_hash]
    links: list[list[Any]]              # [position, prev_index, prev_record_hash]
    event: Event
    signatures: list[list[Any]]         # [role, public_key, signed_at_us, signature]
    hash: bytes


def is_link(value: Any, size: int) -> bool:
    """`size` - 1 counts and a hash: a link, or a base."""
    return is_array(value, size) and all(is_int(v, 0) for v in value[:-1]) and is_bin(value[-1], 32)


def parse_record(raw: bytes) -> Record:
    need(len(raw) <= MAX_RECORD, "a record that is too long")
    version = version_of(raw)
    if version is not None and version != 1:
        raise Bad("version-regression", f"a record of version {version}")
    parts = decode(raw)
    need(is_array(parts, 8) and is_int(parts[0], 1, 1), "a record has eight elements, the first 1")
    _, index, time, prev, base, links, event_bytes, signatures = parts
    need(is_int(index, 0) and is_int(time) and is_bin(prev, 32), "index, recorded_at_us or prev_hash")
    need(is_link(base, 2), "the base is none")
    need(type(links) is list and all(is_link(link, 3) for link in links), "a link is none")
    need(type(event_bytes) is bytes, "the event is not of the type bin")
    need(type(signatures) is list and 1 <= len(signatures) <= 16, "1 to 16 signatures")
    for entry in signatures:
        need(is_array(entry, 4) and is_role(entry[0], False) and is_bin(entry[1], 32) and is_int(entry[2])
             and is_bin(entry[3], 64), "a signature is none")
    need(is_sorted(signatures), "signatures out of order")
    need(len({(role, key) for role, key, _, _ in signatures}) == len(signatures), "a key twice in one role")
    event = parse_event(event_bytes)
    need(len(links) == len(event.subjects), "not one link for each subject")
    return Record(index, time, prev, base, links, event, signatures, hashed(0, raw))


def version_of(raw: bytes) -> int | None:
    """Section 11: the first element of an array, a positive fixint, in every version."""
    start = 1 if raw and 0x90 <= raw[0] <= 0x9F else {0xDC: 3, 0xDD: 5}.get(raw[0] if raw else 0, 0)
    return raw[start] if start and start < len(raw) and raw[start] <= 0x7F else None


def stated_prev(raw: bytes) -> bytes | None:
    """`prev_hash` of a record of version 1 that may be defective behind it (step 8)."""
    try:
        need(raw[:2] == b"\x98\x01", "another version or size")
        index, at = take(raw, 2, 0)
        time, at = take(raw, at, 0)
        prev, at = take(raw, at, 0)
    except Bad:
        return None
    return prev if is_int(index, 0) and is_int(time) and is_bin(prev, 32) else None


# ---------------------------------------------------------------------- 2.3 statements, 2.4 signatures

def event_statement(log_id: bytes, base: list[Any], role: str, signed_at: int, event: bytes) -> bytes:
    return encode(["chainlog/v1/event", log_id, base, role, signed_at, event])


def enrol_statement(log_id: bytes, person: str, key: bytes) -> bytes:
    return encode(["chainlog/v1/enrol", log_id, person, 1, key])


def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """2.4: the rule of crypto_sign_open."""
    if len(key) != 32 or len(signature) != 64:
        return False
    try:
        sodium.crypto_sign_open(signature + message, key)
    except (nacl.exceptions.CryptoError, ValueError):
        return False
    return True


def is_fit_key(key: bytes) -> bool:
    """2.4, last paragraph: a point of the main subgroup."""
    return sodium.crypto_core_ed25519_is_valid_point(key)


# A point plus the point of order 2. A libsodium that takes it for valid is too old for 2.4.
if is_fit_key(bytes.fromhex("13e8f92932d69803aed10577c468e09bd0230258f8101e1d35140658eea7ee80")):
    raise SystemExit("libsodium is older than 30 December 2025: it can't check keys as section 2.4 demands")


# ---------------------------------------------------------------------- 6 tree and checkpoints

class Tree:
    """The tree of RFC 6962, leaf by leaf; `frontier` holds the roots of its complete subtrees, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.frontier: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        size, node = self.size, leaf
        while size & 1:
            node = hashed(1, self.frontier.pop() + node)
            size >>= 1
        self.frontier.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.frontier:
            return hashlib.sha256().digest()
        node = self.frontier[-1]
        for left in reversed(self.frontier[:-1]):
            node = hashed(1, left + node)
        return node


def tree_of(hashes: list[bytes]) -> Tree:
    tree = Tree()
    for leaf in hashes:
        tree.add(leaf)
    return tree


class Checkpoint(NamedTuple):
    origin: str
    size: int
    root: bytes
    text: bytes                             # what is signed
    signatures: list[tuple[str, bytes]]     # name, key id and signature


def canonical_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Bad("malformed", "no base64") from None
    need(base64.b64encode(data).decode() == text, "base64 in another form")
    return data


def parse_checkpoint(note: bytes) -> Checkpoint:
    """Section 6, as a C2SP signed note; nothing is verified here."""
    need(len(note) <= MAX_NOTE, "a note that is too long")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("malformed", "a note that is not UTF-8") from None
    need(all(c >= " " or c == "\n" for c in whole), "a control character in a note")
    text, blank, tail = whole.partition("\n\n")
    need(bool(blank) and whole.endswith("\n"), "no blank line, or no newline at the end")
    lines = text.split("\n")
    need(len(lines) == 3, "a checkpoint has three lines")
    need(re.fullmatch("[1-9][0-9]{0,15}", lines[1]) is not None and int(lines[1]) <= MAX_INT, "the size")
    root = canonical_base64(lines[2])
    need(len(root) == 32, "the root hasn't 32 bytes")
    signatures = []
    for line in tail[:-1].split("\n"):
        match = re.fullmatch("— ([^ +]+) ([A-Za-z0-9+/]+=*)", line)
        if not match:
            raise Bad("malformed", "a signature line that is none")
        signatures.append((match[1], canonical_base64(match[2])))
    need(len(signatures) <= 100, "more than 100 signature lines")
    return Checkpoint(lines[0], int(lines[1]), root, (text + "\n").encode(), signatures)


def key_id(origin: str, key: bytes) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n\x01" + key).digest()[:4]


def checkpoint_fault(point: Checkpoint, origin: str, key: bytes) -> str:
    """Why the checkpoint does not count for this log and log key, or nothing."""
    if point.origin != origin:
        return "its origin is another"
    own = [data for name, data in point.signatures if name == origin and data[:4] == key_id(origin, key)]
    if not own:
        return "not signed by the log key in force"
    return "" if all(verifies(key, point.text, data[4:]) for data in own) else "a signature that does not verify"


# ---------------------------------------------------------------------- 14.1 findings

@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    index: int | None
    subject: str
    detail: str


Tables = dict[str, dict[bytes, bytes]]
NO_FINDINGS_BELOW = ("unknown-key", "revoked-key", "below-threshold", "bad-ref")        # step 17, last sentence
EXPLAINABLE = ("stale-link", "stale-draft", *NO_FINDINGS_BELOW)                         # 14.7


class Report:
    """The findings, and what could not be checked."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.not_checked: dict[str, str] = {}
        self.breaking: list[int] = []               # indexes of the findings that are no remarks, ascending

    def add(self, code: str, index: int | None, subject: str = "", detail: str = "") -> None:
        self.findings.append(Finding(code, index, subject, detail))
        if index is not None and code not in REMARKS:
            bisect.insort(self.breaking, index)

    def skip(self, what: str, why: str) -> None:
        self.not_checked.setdefault(what, why)

    def above(self, q: int, up_to: int = MAX_INT) -> bool:
        """A finding that is no remark stands at an index above q, up to `up_to`."""
        place = bisect.bisect_right(self.breaking, q)
        return place < len(self.breaking) and self.breaking[place] <= up_to


# ---------------------------------------------------------------------- 14.3 to 14.5 the records, placed

class Log:
    """What stands at each index, and how far it can be trusted."""

    def __init__(self, tables: Tables, report: Report) -> None:
        self.tables, self.report = tables, report
        self.raw: dict[int, bytes] = {}             # by slot, after `place` by index
        self.records: dict[int, Record] = {}        # the same, of those that can be decoded
        self.faults: dict[int, Bad] = {}            # of those that can't
        self.dark: set[int] = set()
        self.misplaced: set[int] = set()            # dark by step 6
        self.suspects: set[int] = set()             # step 8: dark unless they pass steps 10 to 17
        self.gone: list[int] = []                   # dark or missing, ascending; complete below the record in turn
        self.size = 0
        self.unread_from: int | None = None         # a record of an unknown version
        self.bound = 0                              # no index lies above it
        self.rows_left_out = False                  # step 19: a finding of step 5 or 6
        last = tables.get("head", {}).get(b"last", b"")
        self.last = (int.from_bytes(last[:8], "big"), last[8:]) if len(last) == 40 else None
        self.head, self.signed = stored_head(tables.get("head", {}).get(b"head", b""))
        self.read_slots()
        self.decode_all()
        self.place()
        self.chain()

    def hash_at(self, index: int) -> bytes | None:
        """Step 9, the known hash."""
        record = self.records.get(index)
        if record and index not in self.dark:
            return record.hash
        after = self.records.get(index + 1)
        if after and index + 1 not in self.dark:
            return after.prev
        if index == self.size - 1 and self.last and self.last[0] == self.size:
            return self.last[1]
        return None

    def known_hashes(self) -> list[bytes | None]:
        return [self.hash_at(index) for index in range(self.size)]

    def is_gone(self, index: int) -> bool:
        return index in self.dark or index not in self.records

    def read_slots(self) -> None:
        """Step 3. An index far above all that could stand there would only make the effort unbounded."""
        rows = self.tables.get("records", {})
        self.bound = max(len(rows), self.signed.size if self.signed else 0) + 1_000_000
        for key, value in sorted(rows.items()):
            if len(key) != 8 or int.from_bytes(key, "big") > self.bound:
                self.report.add("foreign-data", None, "records", f"a key that is no index: {key.hex()}")
            else:
                self.raw[int.from_bytes(key, "big")] = value

    def decode_all(self) -> None:
        """Step 4. What is found is reported by `chain`, which may call it `malformed`."""
        for slot, raw in sorted(self.raw.items()):
            try:
                self.records[slot] = parse_record(raw)
            except Bad as bad:
                self.faults[slot] = bad
                self.dark.add(slot)
                after = stated_prev(self.raw.get(slot + 1, b""))
                if bad.code == "version-regression" and (after is None or after == hashed(0, raw)):
                    if slot + 1 in self.raw or not self.contradicted_by_head(slot):
                        self.unread_from = slot
                        break
        if self.unread_from is not None:
            self.raw = {slot: raw for slot, raw in self.raw.items() if slot <= self.unread_from}

    def contradicted_by_head(self, index: int) -> bool:
        """Step 8, the pair (n-1, head)."""
        raw = self.raw.get(index)
        if raw is None or self.last is None or self.last[0] != index + 1 or self.last[1] == hashed(0, raw):
            return False
        rows = self.tables.get("subjects", {}).values()
        if any(row[8:16] == index.to_bytes(8, "big") and row[16:] != self.last[1] for row in rows):
            return False
        if self.signed is None or len(self.raw) < index + 1:
            return True
        hashes = [hashed(0, self.raw[i]) for i in range(index + 1)]
        return (index + 1, tree_of(hashes).root()) != (self.signed.size, self.signed.root)

    # -- 14.4

    def place(self) -> None:
        report, slots = self.report, sorted(self.raw)
        if not slots:
            return
        previous = -1
        for slot in slots:                                                          # step 5
            if slot > previous + 1:
                report.add("missing", previous + 1, "", f"no record at {run_of(previous + 1, slot - 1)}")
                self.rows_left_out = True
            previous = slot
        at = {slot: slot for slot in slots}                                         # index -> slot
        rest = {slot for slot, record in self.records.items() if record.index != slot}
        self.rows_left_out |= bool(rest)
        if rest:
            self.exchanged(at, rest)
            self.copies(rest)
            self.moved_tail(at, rest, slots[-1])
        for slot in sorted(rest):                                                   # step 6.4
            report.add("altered", slot, "", f"the record states the index {self.records[slot].index}")
            self.misplaced.add(slot)
        self.raw = {index: self.raw[slot] for index, slot in at.items()}
        self.faults = {index: self.faults[slot] for index, slot in at.items() if slot in self.faults}
        self.misplaced = {index for index, slot in at.items() if slot in self.misplaced}
        self.records = {index: self.records[slot] for index, slot in at.items() if slot in self.records}
        self.dark = self.misplaced | set(self.faults)
        self.size = max(at) + 1

    def exchanged(self, at: dict[int, int], rest: set[int]) -> None:
        """Step 6.1: closed exchanges."""
        stated: dict[int, int] = {}
        for record in self.records.values():
            stated[record.index] = stated.get(record.index, 0) + 1
        for start in sorted(rest):
            cycle, slot = [start], self.records[start].index
            while slot in rest and slot != start and slot not in cycle and stated[slot] == 1:
                cycle.append(slot)
                slot = self.records[slot].index
            if start in rest and slot == start and stated[start] == 1:
                self.report.add("reordered", start, "", f"exchanged: the records at {sorted(cycle)}")
                at.update({self.records[slot].index: slot for slot in cycle})
                rest.difference_update(cycle)

    def copies(self, rest: set[int]) -> None:
        """Step 6.2: the bytes stand in another slot too."""
        seen: dict[bytes, int] = {}
        for raw in self.raw.values():
            seen[raw] = seen.get(raw, 0) + 1
        for slot in sorted(rest):
            if seen[self.raw[slot]] > 1:
                detail = f"the bytes of record {self.records[slot].index} stand here again"
                self.report.add("duplicate", slot, "", detail)
                self.misplaced.add(slot)
                rest.discard(slot)

    def moved_tail(self, at: dict[int, int], rest: set[int], last: int) -> None:
        """Step 6.3: a run that reaches the last slot and is shifted by one number."""
        first = last
        while first - 1 in rest:
            first -= 1
        shift = self.records[last].index - last if last in rest else 0
        run = range(first, last + 1)
        if not shift or last + shift > self.bound or any(self.records[slot].index != slot + shift for slot in run):
            return
        rest.difference_update(run)
        if shift > 0:
            self.report.add("missing", first, "", f"{shift} taken out here, the rest moved down")
            for slot in run:
                at.pop(slot, None)
            at.update({slot + shift: slot for slot in run})
            return
        start = first + shift
        here, original = self.records.get(start), self.records[first]
        if not self.report.above(start - 1, first - 1):
            same = here is not None and here.event.id == original.event.id
            self.report.add("duplicate" if same else "foreign-data", start, "",
                            f"{-shift} put in before record {original.index}, the rest moved up")
        for index in range(last + shift, start - 1, -1):            # from the end: each is chosen by the one after it
            after = at.get(index + 1)
            wanted = self.records[after].prev if after in self.records and index < last + shift else None
            stays = index < first and wanted is not None and wanted == hashed(0, self.raw.get(index, b""))
            if not stays:
                at[index] = index - shift
        for index in range(last + shift + 1, last + 1):
            at.pop(index, None)

    # -- 14.5

    def chain(self) -> None:
        """Step 8, and the findings of step 4."""
        hashes = {index: hashed(0, raw) for index, raw in self.raw.items()}
        breaks = set()                                              # i: the pair (i, i+1) breaks
        for index in range(1, self.size):
            if index in hashes and index - 1 in hashes and not {index - 1, index} & self.misplaced:
                stated = self.records[index].prev if index in self.records else stated_prev(self.raw[index])
                if stated is not None and stated != hashes[index - 1]:
                    breaks.add(index - 1)
        if self.size and self.size - 1 not in self.misplaced and self.contradicted_by_head(self.size - 1):
            breaks.add(self.size - 1)
        self.dark |= breaks
        for index in sorted(breaks):
            if index not in self.faults:
                if index - 1 not in breaks and index + 1 in breaks:
                    self.dark.discard(index)
                    self.suspects.add(index)
                else:
                    self.report.add("altered", index, "", "the bytes are not those that the record after it names")
        for index, bad in sorted(self.faults.items()):
            code = "malformed" if index in breaks else bad.code
            self.report.add(code, index, "", bad.detail)


def run_of(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def stored_head(data: bytes) -> tuple[list[Any] | None, Checkpoint | None]:
    """The row `head` of the table `head` (section 9), and the checkpoint in it, as far as they can be read."""
    try:
        head = decode(data)
        need(is_array(head, 4) and is_int(head[0], 0) and is_bin(head[1], 32), "the head is none")
        need(type(head[2]) is bytes and type(head[3]) is bytes, "the head is none")
    except Bad:
        return None, None
    try:
        return head, parse_checkpoint(head[3])
    except Bad:
        return head, None


# ---------------------------------------------------------------------- 5 authority, 2.12 moves

@dataclass(slots=True)
class KeyInfo:
    holder: str
    purpose: str                            # person, administrator, recovery, log
    ended: int | None = None                # the record that ended it


class Brought(NamedTuple):
    """A key that an event brings (5.2)."""
    key: bytes
    holder: str
    purpose: str
    at_once: bool                           # counts in this record already


def moved_by(event: Event) -> set[str]:
    """2.12: what the event moves."""
    if event.spec is None or "copies_unnumbered" in event.body:
        return set()
    body, moves = event.body, event.spec.moves
    items = {item["carrier"] for item in body.get("items", []) if "carrier" in item}
    if event.kind == "copied.made":
        return {event.subjects[position] for position in items}
    if event.kind == "reported.incident" and body["what"] not in ("missing", "found", "lost"):
        return set()
    if "registry" in moves:
        moved = {subject for subject in event.subjects if subject.startswith("s/")}
        return moved | ({body["person"]} if "person" in body else set())
    tools = {body[name] for name in ("device", "volume") if name in body} | set(body.get("parents", []))
    return {subject for position, subject in enumerate(event.subjects)
            if subject[0] in moves and not (position in tools and position not in items)}


def guarded_by(event: Event) -> set[str]:
    guarded = moved_by(event)
    if event.spec is not None and "list" in event.spec.moves:
        guarded |= {subject for subject in event.subjects if subject.startswith("l/")}
    return guarded


@dataclass(slots=True)
class State:
    """What the records below an index give: tables, keys, administrators."""
    subjects: dict[str, tuple[int, int, bytes]] = field(default_factory=dict)   # count, last index, its hash
    history: dict[str, list[int]] = field(default_factory=dict)                 # indexes that name the subject
    moved: dict[int, set[str]] = field(default_factory=dict)
    ids: dict[bytes, int] = field(default_factory=dict)
    keys: dict[bytes, KeyInfo] = field(default_factory=dict)
    admins: dict[str, bytes] = field(default_factory=dict)                      # the administration in force
    threshold: int = 0
    recovery_threshold: int = 0
    log_keys: list[tuple[int, bytes]] = field(default_factory=list)             # (index, key), the last one in force
    closed: int | None = None
    mapped: int | None = None                                                   # size of the last index_committed
    documents: dict[str, str] = field(default_factory=dict)                     # carrier -> document (step 24)

    def brought(self, event: Event) -> list[Brought]:
        body = event.body
        if event.kind == "enrolled":
            return [Brought(body["key"][1], body["person"], "person", False)]
        if event.kind == "log_key_changed":
            return [Brought(body["new"][1], "s/log", "log", True)]
        if event.kind == "administered":
            return [Brought(key, person, "administrator", True) for person, key in key_pairs(body)
                    if self.admins.get(person) != key]
        if event.kind == "log_opened":
            own = len(body["administrators"])
            pairs = [Brought(key, person, "administrator" if number < own else "recovery", True)
                     for number, (person, key) in enumerate(key_pairs(body))]
            return pairs + [Brought(body["log_key"][1], "s/log", "log", True)]
        return []

    def standing(self, role: str, key: bytes, brings: list[Brought]) -> tuple[str | None, str]:
        """5.3: whose key it is, and the code that a signature with it in this role deserves, or nothing."""
        purpose = role if role in ("administrator", "recovery", "log") else "person"
        for new in brings:
            if new.key == key and new.at_once:
                return new.holder, "" if new.purpose == purpose else "unknown-key"
        info = self.keys.get(key)
        if info is None or info.purpose != purpose:
            return info.holder if info else None, "unknown-key"
        listed = purpose != "administrator" or self.admins.get(info.holder) == key
        return info.holder, "" if info.ended is None and listed else "revoked-key"

    def log_key_at(self, size: int) -> bytes | None:
        keys = [key for index, key in self.log_keys if index < size]
        return keys[-1] if keys else None

    def fold(self, index: int, record: Record, positions: dict[str, int], again: bool) -> None:
        """Section 5, in order of index. `again`: the id stands below, so only the links count (step 11)."""
        event, body = record.event, record.event.body
        for subject in event.subjects:
            count = positions.get(subject, self.subjects.get(subject, (0, 0, ZEROS))[0])
            self.subjects[subject] = (count + 1, index, record.hash)
            self.history.setdefault(subject, []).append(index)
        if again:
            return
        self.ids[event.id] = index
        self.moved[index] = moved_by(event)
        if event.kind in DOCUMENT_KINDS:
            for item in body.get("items", []):
                if "document" in item:
                    self.documents[event.subjects[item["carrier"]]] = event.subjects[item["document"]]
        if event.spec is not None and event.spec.registry and (event.kind == "log_opened") == (index == 0):
            self.fold_registry(index, event, body)

    def fold_registry(self, index: int, event: Event, body: dict[str, Any]) -> None:
        for new in self.brought(event):
            self.keys.setdefault(new.key, KeyInfo(new.holder, new.purpose))         # the first event decides
        if event.kind in ("log_opened", "administered"):
            self.admins = {person: key[1] for person, key in body["administrators"]}
            self.threshold = body["threshold"]
        if event.kind == "log_opened":
            self.recovery_threshold = body.get("recovery", {}).get("threshold", 0)
            self.log_keys.append((index, body["log_key"][1]))
        elif event.kind == "log_key_changed":
            self.log_keys.append((index, body["new"][1]))
            self.end(body["old"][1], index)
        elif event.kind == "revoked":
            self.end(body["key"][1], index)
        elif event.kind == "log_closed" and self.closed is None:
            self.closed = index
        elif event.kind == "index_committed":
            self.mapped = body["size"]

    def end(self, key: bytes, index: int) -> None:
        info = self.keys.get(key)
        if info is not None and info.ended is None:
            info.ended = index


DOCUMENT_KINDS = ("created.received", "created.produced", "created.entered", "created.opening", "copied.made",
                  "registered.document")


def policy_fault(policy: dict[str, Any]) -> str:
    """5.6."""
    names = [name for name, _ in policy["parameters"]]
    if not is_sorted(names) or not all(values for _, values in policy["parameters"]):
        return "parameters out of order, twice, or without value"
    if not is_sorted(policy["refuse"]):
        return "`refuse` is not sorted"
    for name, values in policy["parameters"]:
        if name == "min.supervisors" and values[0] not in list("2345678"):
            return "min.supervisors is not 2 to 8"
    return ""


def administration_fault(body: dict[str, Any], recovery: bool) -> str:
    """5.1: the numbers, also of `administered`."""
    people = [person for person, _ in body["administrators"]]
    keys = [key[1] for _, key in body["administrators"]]
    if len(set(people)) < len(people) or len(set(keys)) < len(keys):
        return "one key a person and one person a key"
    if not 2 <= body["threshold"] <= len(people) - (0 if recovery else 1):
        return "a threshold that can't be"
    return ""


def genesis_fault(body: dict[str, Any]) -> str:
    """5.1."""
    if not re.fullmatch("[a-z0-9.-]{1,64}", body["name"]) or not body["name"].startswith("draft."):
        return "the name of the log"
    if "recovery" in body:
        people = {person for person, _ in body["recovery"]["keys"]}
        if len(people) < len(body["recovery"]["keys"]) or not 2 <= body["recovery"]["threshold"] <= len(people):
            return "the recovery keys"
    if not -840 <= body["utc_offset_minutes"] <= 840:
        return "utc_offset_minutes"
    if holds_seal(body):
        return "nothing in it can be sealed"
    return administration_fault(body, "recovery" in body)


def holds_seal(value: Any) -> bool:
    if type(value) is dict:
        return "sealed" in value or any(map(holds_seal, value.values()))
    return type(value) is list and any(map(holds_seal, value))


# ---------------------------------------------------------------------- 14.6 and 14.7 each record

@dataclass(slots=True)
class Verdict:
    """What steps 11 to 17 say of one record; nothing is changed by making one."""
    index: int
    q: int
    findings: list[Finding] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)         # step 13: links that were taken as they are
    again: bool = False                                             # the id stands below
    good: list[tuple[str, str, bytes]] = field(default_factory=list)    # role, person, key of signatures that count
    break_glass: bool = False

    def add(self, code: str, subject: str = "", detail: str = "", index: int | None = None) -> None:
        self.findings.append(Finding(code, self.index if index is None else index, subject, detail))


class Judge:
    def __init__(self, log: Log, report: Report, log_id: bytes) -> None:
        self.log, self.report, self.log_id = log, report, log_id
        self.state = State()
        self.q = -1
        self.genesis_altered = False
        self.good: dict[int, list[tuple[str, str, bytes]]] = {}     # for step 25
        self.unexplained: set[int] = set()                          # records about which remarks are made

    def run(self) -> None:
        log = self.log
        for index in range(log.size):
            if log.is_gone(index):
                log.gone.append(index)
                continue
            verdict = self.examine(index, log.records[index])
            if index in log.suspects and any(f.code not in REMARKS for f in verdict.findings):
                log.dark.add(index)                                 # step 8
                log.gone.append(index)
                self.report.add("altered", index, "", "the bytes are not those that the record after it names")
                continue
            self.accept(verdict, log.records[index])
            if index == 0 and self.genesis_altered and all(f.code in REMARKS for f in verdict.findings):
                self.report.add("altered", 0, "", "changed, and everything after it chained anew")     # step 10

    def accept(self, verdict: Verdict, record: Record) -> None:
        index = verdict.index
        for finding in verdict.findings:
            self.report.add(finding.code, finding.index, finding.subject, finding.detail)
        for what, why in verdict.skipped:
            self.report.skip(what, why)
        self.q = verdict.q
        if not self.report.above(self.q, index):
            self.unexplained.add(index)
            self.remarks(verdict, record)
        self.good[index] = verdict.good
        self.state.fold(index, record, verdict.positions, verdict.again)

    def explained(self, verdict: Verdict) -> bool:
        own = any(f.code not in REMARKS and verdict.q < (f.index or 0) <= verdict.index for f in verdict.findings)
        return own or self.report.above(verdict.q, verdict.index)

    def raise_finding(self, verdict: Verdict, code: str, subject: str, detail: str) -> None:
        """A finding that isn't one where it is explained, or where a record below is gone that could answer it."""
        if code in EXPLAINABLE and self.explained(verdict):
            return
        if code in NO_FINDINGS_BELOW and self.log.gone:
            verdict.skipped.append((f"{code} at {verdict.index}", "a record below that could answer it is gone"))
        else:
            verdict.add(code, subject, detail)

    def examine(self, index: int, record: Record) -> Verdict:
        verdict, event = Verdict(index, self.q), record.event
        first = self.state.ids.get(event.id)
        verdict.again = first is not None
        if not verdict.again:
            self.base(verdict, record)
        if (event.kind == "log_opened") != (index == 0):                            # step 11
            verdict.add("malformed", event.kind, "log_opened stands at 0 and nowhere else")
        if self.state.closed is not None:
            verdict.add("closed", "", f"the log was closed at {self.state.closed}")
        if first is not None:
            verdict.add("duplicate", event.id.hex(), f"the id of record {first}")
        self.links(verdict, record)
        if not verdict.again:
            self.expiry(verdict, record)
            self.references(verdict, record)
            self.stale(verdict, record)
            self.signatures(verdict, record)
        return verdict

    def base(self, verdict: Verdict, record: Record) -> None:
        """Step 12."""
        index, (base, stated) = verdict.index, record.base
        if index == 0:
            if record.base != [0, ZEROS]:
                verdict.add("wrong-base", "", "the base of record 0 is [0, zeros]")
            return
        known = self.log_id if base == 0 else self.log.hash_at(base) if base < index else None
        if base < index and known is None:
            verdict.skipped.append((f"base of {index}", f"the hash of record {base} isn't known"))
        elif base < index and known == stated:
            if not self.log.is_gone(base) and not (base == 0 and self.genesis_altered):
                verdict.q = max(verdict.q, base)
        elif base <= verdict.q:
            verdict.add("wrong-base" if base else "wrong-log", "", f"the base is not record {base}")
        elif self.explained(verdict):
            return
        elif base < index:
            detail = f"the signers of record {index} saw another record {base}: one of " \
                     f"{run_of(verdict.q + 1, base)} was changed"
            verdict.add("altered", "", detail, verdict.q + 1)
        else:
            stored = self.log.signed.size if self.log.signed else self.log.head[0] if self.log.head else 0
            code = "missing" if stored > self.log.size else "reordered"
            verdict.add(code, "", f"its base is record {base}, which is not below it")

    def links(self, verdict: Verdict, record: Record) -> None:
        """Step 13."""
        gone, hash_at = self.log.gone, self.log.hash_at
        wrong = ""
        for subject, link in zip(record.event.subjects, record.links, strict=True):
            count, last, last_hash = self.state.subjects.get(subject, (0, 0, ZEROS))
            if link == [count, last, last_hash]:
                continue
            newest = last if count else -1
            if gone and newest < link[1] < verdict.index and self.log.is_gone(link[1]):
                if hash_at(link[1]) in (None, link[2]) and link[0] >= count:
                    verdict.positions[subject] = link[0]
                    continue
            wrong = wrong or subject
        if wrong:
            self.raise_finding(verdict, "stale-link", wrong, "the link isn't the last earlier record of the subject")

    def expiry(self, verdict: Verdict, record: Record) -> None:
        """Step 14."""
        expires = record.event.expires
        if record.event.kind in ("log_opened", "index_committed"):
            if expires != 0:
                verdict.add("expired", "", "this kind has no time limit")
        elif expires <= 0:
            verdict.add("expired", "", "no time limit")
        elif expires > min(signed_at for _, _, signed_at, _ in record.signatures) + MONTH_US:
            verdict.add("expired", "", "the time limit is more than 31 days after the first signature")
        elif record.time > expires:
            verdict.add("expired", "", "recorded after the time limit")

    def references(self, verdict: Verdict, record: Record) -> None:
        """Step 15."""
        event, target = record.event, None
        for ref_id, ref_hash in event.refs:
            at = self.state.ids.get(ref_id)
            if at is None or hashed(3, self.log.records[at].event.raw) != ref_hash:
                self.raise_finding(verdict, "bad-ref", ref_id.hex(), "no such act stands below")
            else:
                target = self.log.records[at].event
        if event.spec is not None and event.spec.rows == [["target"]] and target is not None:
            wanted = set(target.subjects) | {person for _, person, _ in event.people}
            if set(event.subjects) != wanted:
                verdict.add("subjects-mismatch", "", "the subjects aren't those of the act referred to")

    def stale(self, verdict: Verdict, record: Record) -> None:
        """Step 16."""
        index, base, state = verdict.index, record.base[0], self.state
        if record.event.spec is None or index == 0 or base >= index - 1:
            return
        known = {ref_id for ref_id, _ in record.event.refs}
        for subject in sorted(guarded_by(record.event)):
            history = state.history.get(subject, [])
            above = history[bisect.bisect_right(history, base):]
            moves = [at for at in above[-MAX_SEARCH:] if subject in state.moved.get(at, ())
                     and self.log.records[at].event.id not in known]
            if moves:
                self.raise_finding(verdict, "stale-draft", subject, f"moved by record {moves[-1]}")
            elif len(above) > MAX_SEARCH:
                self.raise_finding(verdict, "stale-draft", subject, "too many records since the base")

    # -- step 17

    def signatures(self, verdict: Verdict, record: Record) -> None:
        event, index = record.event, verdict.index
        wanted = {(role, person): signs for role, person, signs in event.people if signs}
        if event.spec is None:
            verdict.add("unknown-kind", event.kind, "a kind that isn't in appendix A")
            self.report.skip("unknown kinds", "what their bodies mean, move, bring and end isn't known")
        if not wanted:
            verdict.add("unsigned", "", "nobody is named to sign")
            return
        before = len(verdict.findings), len(verdict.skipped)
        brings = self.state.brought(event)
        log_id = self.log_id if index else ZEROS
        bad: list[tuple[str, str | None]] = []      # role, holder of the key
        for role, key, signed_at, signature in record.signatures:
            holder, code = self.state.standing(role, key, brings)
            if not verifies(key, event_statement(log_id, record.base, role, signed_at, event.raw), signature):
                verdict.add("bad-signature", role, f"of {holder or 'an unknown key'}, {key.hex()}")
                bad.append((role, holder))
            elif code or holder is None:
                self.raise_finding(verdict, code, role, f"{key.hex()}, of {holder or 'nobody'}")
                bad.append((role, holder))
            elif (role, holder) not in wanted:
                verdict.add("foreign-signature", role, f"{holder} isn't named to sign in this role")
            else:
                verdict.good.append((role, holder, key))
        for (role, person), signs in wanted.items():
            have = sum(1 for good in verdict.good if good[:2] == (role, person))
            if have > signs:
                verdict.add("foreign-signature", role, f"{person} signed more than {signs} times")
            elif have < signs and (role, person) not in bad and (role, None) not in bad:
                verdict.add("missing-signature", role, f"of {person}")
        if event.spec is None or before != (len(verdict.findings), len(verdict.skipped)):
            return
        if event.kind not in ("log_opened", "administered", "log_key_changed", "revoked"):
            for role, person, _ in verdict.good:
                if role == "recovery":
                    verdict.add("foreign-signature", role, f"{person}: recovery keys don't sign this kind")
        if event.spec.registry:
            for code, detail in self.registry(verdict, event, brings):
                self.raise_finding(verdict, code, "", detail)

    def registry(self, verdict: Verdict, event: Event, brings: list[Brought]) -> Iterator[tuple[str, str]]:
        """5.1 to 5.6."""
        body, index, state = event.body, verdict.index, self.state
        for new in brings:                                                          # 5.2
            if key_subject(new.key) in state.subjects or sum(new.key == other.key for other in brings) > 1:
                yield "key-reused", f"{new.key.hex()} was named before"
            if not is_fit_key(new.key):
                yield "bad-key", f"{new.key.hex()} is no point of the main subgroup"
        if "proof" in body:
            new = brings[0]
            if not verifies(new.key, enrol_statement(self.log_id, new.holder, new.key), body["proof"]):
                yield "bad-key", "the proof of possession doesn't verify"
        fault = ""
        if event.kind == "log_opened":
            fault = genesis_fault(body)
        elif event.kind == "administered":
            fault = administration_fault(body, state.recovery_threshold > 0)
        elif event.kind == "revoked" and body.get("doubt_from", 0) > index:
            fault = "doubt_from lies above the record"
        elif event.kind == "index_committed" and not (state.mapped if state.mapped is not None else -1) < body["size"]:
            fault = "not greater than the size before"
        elif event.kind == "index_committed" and body["size"] > index:
            fault = "a map of more records than there are below"
        if fault:
            yield "malformed", fault
        if event.kind == "log_key_changed" and state.log_key_at(index) != body["old"][1]:
            yield "unknown-key", "`old` isn't the log key in force"
        if event.kind == "revoked":
            info = state.keys.get(body["key"][1])
            if info is None or info.holder != body["person"]:
                yield "unknown-key", "the key isn't that person's"
            elif self.revoked_before(body["key"][1]):
                yield "revoked-key", "the key was revoked before"
        if event.kind in ("log_opened", "policy_adopted"):
            fault = policy_fault(body.get("policy", body))
            if fault:
                yield "bad-policy", fault
        lacking = self.lacking(verdict, event, brings)
        if lacking:
            yield "below-threshold", lacking

    def revoked_before(self, key: bytes) -> bool:
        """A record `revoked` below names the key."""
        named = self.state.history.get(key_subject(key), [])
        return any(self.log.records[at].event.kind == "revoked" and at in self.state.moved for at in named)

    def lacking(self, verdict: Verdict, event: Event, brings: list[Brought]) -> str:
        """5.4: what lacks, or nothing."""
        body, state, kind = event.body, self.state, event.kind
        signed = set(verdict.good)
        by_role: dict[str, set[str]] = {}
        for role, person, _ in verdict.good:
            by_role.setdefault(role, set()).add(person)
        if kind == "log_opened":
            demanded = {(new.purpose, new.holder, new.key) for new in brings}
            return "" if demanded <= signed else "not everybody whom it names signed"
        if kind == "index_committed":
            return "" if "log" in by_role else "the log didn't sign"
        if kind == "erased":
            two = any(a != b for a in by_role.get("registrar", ()) for b in by_role.get("approver", ()))
            return "" if two else "a registrar and an approver, two persons"
        voters = {p for role, p, key in signed if role == "administrator" and state.admins.get(p) == key}
        if kind == "enrolled" or kind.startswith("appointed."):
            voters.discard(body["person"])
        if kind.startswith("declared."):
            return "" if voters else "no administrator signed"
        if kind == "administered":
            demanded = {("administrator", person, key[1]) for person, key in body["administrators"]}
            if not demanded <= signed:
                return "not every new administrator signed with the new key"
        if kind == "log_key_changed" and not body.get("lost", False):
            if ("log", "s/log", state.log_key_at(verdict.index)) not in signed:
                return "the old log key didn't sign"
        if 0 < state.threshold <= len(voters):
            return ""
        if kind == "revoked" and "doubt_from" not in body and body["person"] in by_role.get("operator", ()):
            return ""
        if kind in ("administered", "log_key_changed", "revoked") and state.recovery_threshold:
            if len(by_role.get("recovery", ())) >= state.recovery_threshold:
                verdict.break_glass = True
                return ""
        return f"{len(voters)} administrators of {state.threshold}"

    # -- 14.10

    def remarks(self, verdict: Verdict, record: Record) -> None:
        """Steps 22 to 24 and 26."""
        index, log, event = verdict.index, self.log, record.event
        if index and not log.is_gone(index - 1) and record.time < log.records[index - 1].time:
            self.report.add("clock", index, "", "recorded before the record below it")
        if verdict.again:
            return
        base = record.base[0]
        if index and base < index - 1:
            far = not log.is_gone(base) and record.time - log.records[base].time > MONTH_US
            if index - base > OLD_BASE or far:
                self.report.add("old-base", index, "", f"the base is record {base}")
        if event.kind in ("destroyed.carriers", "transferred.dispatch", "transferred.archive", "returned.to_issuer",
                          "reported.incident"):
            for carrier in sorted(moved_by(event)):
                document = self.state.documents.get(carrier)
                if document and document not in event.subjects:
                    self.report.add("document-not-named", index, carrier, document)
        if verdict.break_glass:
            self.report.add("break-glass", index, "", "by recovery keys alone")

    def doubtful(self) -> None:
        """Step 25."""
        spans: dict[bytes, tuple[int, int]] = {}                    # key -> doubt_from, revoked at
        records = {index: self.log.records[index] for index in sorted(self.good)}
        for index, record in records.items():
            if record.event.kind == "revoked" and index in self.state.moved:
                key, start = record.event.body["key"][1], record.event.body.get("doubt_from")
                info = self.state.keys.get(key)
                if info is not None and info.ended == index and start is not None:
                    spans[key] = (start, index)
        if not spans:
            return

        def in_doubt(key: bytes, index: int) -> bool:
            return key in spans and spans[key][0] <= index <= spans[key][1]

        confirmed: set[int | None] = set()          # indexes of acts that were countersigned
        for index, record in records.items():
            if record.event.kind == "countersigned" and not all(in_doubt(key, index) for *_, key in self.good[index]):
                confirmed.update(self.state.ids.get(ref_id) for ref_id, _ in record.event.refs)
        for index in sorted(self.unexplained - confirmed):
            for person in sorted({person for _, person, key in self.good[index] if in_doubt(key, index)}):
                self.report.add("doubtful", index, person, "signed with a key that was declared doubtful")


# ---------------------------------------------------------------------- 14.8 head

def check_head(log: Log, judge: Judge, report: Report, origin: str, root: bytes | None, damaged: bool) -> None:
    """Step 18."""
    def mismatch(detail: str) -> None:
        report.add("head-mismatch", None, "head", detail)

    head, point, size, q = log.head, log.signed, log.size, judge.q
    if damaged and not {b"last", b"head"} <= log.tables.get("head", {}).keys():
        return report.skip("head", "its page is damaged")
    if head is None or point is None or log.last is None:
        return mismatch("`last` or `head` is not what section 9 says")
    key = judge.state.log_key_at(point.size)
    fault = checkpoint_fault(point, origin, key) if key else "no log key is known"
    if fault == "not signed by the log key in force" and log.gone:
        return report.skip("head", "not signed by the log key known; a record that could have changed it is gone")
    if fault or len(point.signatures) != 1:
        return mismatch(f"the checkpoint: {fault or 'more than one signature line'}")
    if point.size > size:
        if report.above(q):
            mismatch(f"it signs {point.size} records, there are {size}")
        else:
            report.add("truncated", size, "", f"records {run_of(size, point.size - 1)} are gone")
    elif point.size < size:
        mismatch(f"it signs {point.size} records, there are {size}")
    elif root is None:
        report.skip("head", "the root isn't known: the hash of a record is gone")
    elif point.root != root:
        mismatch("it signs another root than that of the records")
        if not report.above(q):
            report.add("altered", q + 1, "", f"one of {run_of(q + 1, size - 1)} isn't what the log signed")
    else:
        tree = tree_of([leaf for leaf in log.known_hashes() if leaf is not None])
        last = [size, log.hash_at(size - 1)]
        if list(log.last) != last or head[:2] != last or head[2] != b"".join(tree.frontier):
            mismatch("size, last hash or frontier aren't those of the records")


# ---------------------------------------------------------------------- 14.9 tables

def row_index(table: str, row: bytes) -> int | None:
    """The index that a row of `subjects` or `ids` points to."""
    piece = row[8:16] if table == "subjects" else row
    return int.from_bytes(piece, "big") if len(piece) == 8 else None


def check_tables(log: Log, judge: Judge, report: Report, damaged: bool) -> None:
    """Step 19."""
    state = judge.state
    expected: Tables = {
        "subjects": {subject.encode(): struct.pack(">QQ", count, last) + last_hash
                     for subject, (count, last, last_hash) in state.subjects.items()},
        "ids": {event_id: index.to_bytes(8, "big") for event_id, index in state.ids.items()}}
    limit = judge.q if report.above(judge.q) else MAX_INT
    for table, rows in expected.items():
        stored = log.tables.get(table, {})
        if rows and not stored and not damaged:
            report.add("index-mismatch", None, table, "the table is absent or empty")
            continue
        for key in sorted(rows.keys() | stored.keys()):
            if rows.get(key) == stored.get(key) or damaged and key not in stored:
                continue
            points = [row_index(table, row) for row in (rows.get(key), stored.get(key)) if row is not None]
            known = [point for point in points if point is not None]
            if not any(point > limit or point < log.size and log.is_gone(point) for point in known):
                report.add("index-mismatch", known[0] if known else None, f"{table} {readable(key)}",
                           "absent" if key not in stored else "no such row" if key not in rows else "differs")
    check_tiles(log, report, limit, damaged)


def check_tiles(log: Log, report: Report, limit: int, damaged: bool) -> None:
    stored, expected = log.tables.get("tiles", {}), set()
    nodes, level = log.known_hashes(), 0
    while nodes:
        above: list[bytes | None] = []
        for number in range(len(nodes) // 256):
            tile = nodes[number * 256:number * 256 + 256]
            known = [node for node in tile if node is not None]
            above.append(tree_of(known).root() if len(known) == 256 else None)
            key = bytes([level]) + number.to_bytes(8, "big")
            expected.add(key)
            compared = len(known) == 256 and (number + 1) * 256**(level + 1) - 1 <= limit
            if compared and stored.get(key) != b"".join(known) and not (damaged and key not in stored):
                report.add("index-mismatch", None, f"tiles {level}/{number}", "absent or differs")
        nodes, level = above, level + 1
    for key in sorted(set(stored) - expected):
        if limit == MAX_INT:
            report.add("index-mismatch", None, f"tiles {key.hex()}", "no such tile")


def readable(key: bytes) -> str:
    """The key of a row, for the report: a text of the repertoire as it is, all else in hexadecimal."""
    try:
        text = key.decode("utf-8")
    except UnicodeDecodeError:
        return key.hex()
    return text if "/" in text and is_text(text) else key.hex()


def check_rest(log: Log, judge: Judge, report: Report, origin: str, damaged: bool) -> None:
    """Steps 20 and 21."""
    meta = log.tables.get("meta", {})
    if meta.get(b"format") != b"1" and not (damaged and not meta):
        report.add("index-mismatch", None, "meta", "format is not 1")
    for table, names in (("meta", (b"format",)), ("head", (b"last", b"head"))):
        for key in sorted(log.tables.get(table, {}).keys() - set(names)):
            report.add("foreign-data", None, table, f"a key {readable(key)}")
    kept = log.tables.get("checkpoints", {})
    if log.unread_from is not None or not origin:
        if kept:
            report.skip("checkpoints", "the log key or the records aren't known")
        return
    tree, hashes, beyond = Tree(), log.known_hashes(), any(f.code == "truncated" for f in report.findings)
    for key, note in sorted(kept.items()):
        point = Checkpoint("", 0, b"", b"", [])
        try:
            point = parse_checkpoint(note)
            need(key == point.size.to_bytes(8, "big"), "its key is another size")
            log_key = judge.state.log_key_at(point.size)
            fault = checkpoint_fault(point, origin, log_key) if log_key else "no log key is known"
        except Bad as bad:
            fault = bad.detail
        if fault:
            if fault == "not signed by the log key in force" and log.gone:
                report.skip("checkpoints", "a record that could have changed the log key is gone")
            else:
                report.add("index-mismatch", None, f"checkpoints {key.hex()}", fault)
        elif point.size > log.size:
            if not beyond:
                report.add("truncated", log.size, "", f"a kept checkpoint is of {point.size} records")
            beyond = True
        else:
            leaves = hashes[tree.size:point.size]
            for leaf in leaves if None not in leaves else []:
                tree.add(leaf or b"")
            if tree.size != point.size:
                report.skip("checkpoints", "the hash of a record isn't known")
            elif tree.root() != point.root and not report.above(judge.q):
                report.add("forked", point.size, "checkpoints", "a kept checkpoint signs another beginning")


# ---------------------------------------------------------------------- 14.6 and the whole

def find_log_id(log: Log, judge: Judge, report: Report, given: bytes | None) -> bytes | None:
    """Step 10. Returns g; step 17 may name the genesis itself, so `altered` is added after it."""
    known = log.hash_at(0)
    second = log.records.get(1)
    if second and 1 not in log.dark and second.base[0] == 0 and second.base[1] != known:
        claimed = second.base[1]
        if all(verifies(key, event_statement(claimed, second.base, role, signed_at, second.event.raw), signature)
               for role, key, signed_at, signature in second.signatures):
            judge.genesis_altered = not log.is_gone(0)
            known = claimed
    if given is not None and known is not None and given != known:
        report.add("wrong-log", 0, known.hex(), "the log is another than the one asked for")
    return known


def verify_tables(tables: Tables, given: bytes | None, report: Report, damaged: bool = False) -> dict[str, Any]:
    """14.3 to 14.11 over the tables of a log. The answer is the object of 14.1."""
    log = Log(tables, report)
    if not log.size:
        report.add("unreadable", None, "records", "there are no records")
        return {"log_id": None, "origin": "", "trust": "self-consistent", "size": 0, "root": None,
                "integrity": "unreadable"}
    judge = Judge(log, report, ZEROS)
    log_id = find_log_id(log, judge, report, given)
    judge.log_id = log_id or given or ZEROS
    judge.run()
    judge.doubtful()
    hashes = log.known_hashes()
    root = tree_of([leaf for leaf in hashes if leaf is not None]).root() if None not in hashes else None
    origin = ""
    if log.size and not log.is_gone(0) and log.records[0].event.kind == "log_opened" and log_id:
        origin = f"{log.records[0].event.body['name']}/{log_id.hex()}"
    if log.unread_from is not None and any(int.from_bytes(k, "big") > log.unread_from for k in tables["records"]):
        report.skip("head and tables", "records of an unknown version were not read")
    else:
        if origin:
            check_head(log, judge, report, origin, root, damaged)
        else:
            report.skip("head", "record 0 isn't known, and so neither is the log key")
        if log.rows_left_out:
            report.skip("tables", "records are missing or in another order")
        else:
            check_tables(log, judge, report, damaged)
    check_rest(log, judge, report, origin, damaged)
    report.skip("truncation", "no outside checkpoint was given")
    report.skip("sealed", "`sealed/` was not read")
    if any(not log.is_gone(i) and log.records[i].event.kind == "index_committed" for i in range(log.size)):
        report.skip("map", "maps are not recomputed (section 7)")
    if log.gone:
        report.skip("dark records", f"what {len(log.gone)} records said that are gone or were changed")
    readable_records = any(not log.is_gone(index) for index in range(log.size))
    report.findings.sort(key=lambda f: (f.index is None, f.index or 0))
    broken = any(f.code not in REMARKS for f in report.findings)
    unreadable = not readable_records or log.unread_from is not None
    return {"log_id": log_id.hex() if log_id else None, "origin": origin,
            "trust": "pinned" if given is not None and given == log_id else "self-consistent", "size": log.size,
            "root": root.hex() if root else None,
            "integrity": "unreadable" if unreadable else "broken" if broken else "intact"}


# ---------------------------------------------------------------------- 14.2 open and read

TABLES = ("records", "subjects", "ids", "tiles", "head", "checkpoints", "meta")
FRAME = struct.Struct(">BII")                   # table, length of the key, length of the value
NAMES, TROUBLE = 0xFF, 0xFE                     # frames that hold a name of the main database, or what went wrong
TRIES, MAX_MISSES = 40, 10_000


def dump_tables(path: str, out: str, table: int, start: int) -> int:
    """The child process: writes every row from table number `table` on to the file `out`. It stops at the first page
    that the engine refuses, for a transaction is of no use after that. A `start` that isn't negative asks for the
    records one by one, from that index on, so that a damaged page hides those alone that it holds."""
    import lmdb
    with open(out, "ab", buffering=0) as sink:
        def frame(number: int, key: bytes, value: bytes = b"") -> None:
            sink.write(FRAME.pack(number, len(key), len(value)) + key + value)

        try:
            env = lmdb.open(path, readonly=True, lock=False, create=False, max_dbs=16, readahead=False, lib_version=0)
            if table == 0 and start < 0:
                with env.begin() as txn:
                    for name in txn.cursor().iternext(keys=True, values=False):
                        frame(NAMES, name)
            while table < len(TABLES):
                try:
                    database = env.open_db(TABLES[table].encode(), create=False)
                except lmdb.NotFoundError:
                    table, start = table + 1, -1
                    continue
                with env.begin(db=database) as txn:
                    if any(database.flags(txn).values()):
                        frame(TROUBLE, f"{TABLES[table]}: made with flags".encode())
                    misses = 0
                    while start >= 0 and misses < MAX_MISSES:
                        value = txn.get(start.to_bytes(8, "big"))
                        misses = misses + 1 if value is None else 0
                        if value is not None:
                            frame(table, start.to_bytes(8, "big"), value)
                        start += 1
                    before = b""
                    for key, value in txn.cursor() if start < 0 else ():
                        if before and key <= before:
                            raise lmdb.CorruptedError("keys out of order")
                        frame(table, key, value)
                        before = key
                table, start = table + 1, -1
        except lmdb.Error as error:
            frame(TROUBLE, f"{TABLES[table]}: {error}".encode(), max(start, 0).to_bytes(8, "big"))
            return 3
    return 0


def parse_frames(data: bytes, tables: Tables, names: set[bytes], troubles: list[str]) -> tuple[int, int]:
    """Fills what the child wrote into `tables` and so on; returns the table that it came to, and the index."""
    at, table, index = 0, 0, -1
    while at + FRAME.size <= len(data):
        number, key_size, value_size = FRAME.unpack_from(data, at)
        at += FRAME.size
        key, value = data[at:at + key_size], data[at + key_size:at + key_size + value_size]
        at += key_size + value_size
        if at > len(data):
            break
        if number == NAMES:
            names.add(key)
        elif number == TROUBLE:
            troubles.append(key.decode("utf-8", "replace"))
            table = max([table] + [n for n, name in enumerate(TABLES) if troubles[-1].startswith(name + ":")])
            index = int.from_bytes(value, "big") if value else index
        else:
            tables.setdefault(TABLES[number], {})[key] = value
            table, index = number, int.from_bytes(key[:8], "big")
    return table, index


def read_tables(folder: str, names: set[bytes], troubles: list[str]) -> Tables:
    """Reads the private copy in child processes. If one fails at a page of `records`, the next reads these one by
    one; if it fails at another table, the next begins behind that."""
    tables: Tables = {}
    table, start = 0, -1
    for attempt in range(TRIES + len(TABLES)):
        out = os.path.join(folder, f"rows{attempt}")
        command = [sys.executable, os.path.abspath(__file__), "--read-tables", folder, out, str(table), str(start)]
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=600).returncode
        except subprocess.TimeoutExpired:
            status = -1
        data = b""
        if os.path.exists(out):
            with open(out, "rb") as source:
                data = source.read()
            os.unlink(out)
        reached, index = parse_frames(data, tables, names, troubles)
        if status == 0:
            break
        if status != 3:
            troubles.append(f"the reading process ended with status {status}")
        if max(reached, table) == 0 and attempt < TRIES:
            start = 0 if start < 0 else max(start, index) + 1
            continue
        table, start = max(reached, table) + 1, -1
        if table == len(TABLES):
            break
    return tables


def copy_data(log: str, folder: str) -> str:
    """Step 1: the private copy of truth/data.mdb. Returns what is wrong with the file, or nothing."""
    path = os.path.join(log, "truth", "data.mdb")
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return "truth/data.mdb is no regular file"
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as source, open(os.path.join(folder, "data.mdb"), "xb") as target:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return "truth/data.mdb is no regular file"
            while piece := source.read(1 << 20):
                target.write(piece)
    except OSError as error:
        return f"truth/data.mdb can't be read: {error.strerror}"
    return ""


def verify_log(path: str, given: bytes | None) -> tuple[Report, dict[str, Any]]:
    import lmdb
    from lmdb import verify as pages
    report = Report()
    answer: dict[str, Any] = {"log_id": None, "origin": "", "trust": "self-consistent", "size": 0, "root": None,
                              "integrity": "unreadable"}
    with tempfile.TemporaryDirectory(prefix="verify-log-") as folder:
        fault = copy_data(path, folder)
        if fault:
            report.add("unreadable", None, "truth/data.mdb", fault)
            return report, answer
        try:
            problems = [str(problem) for problem in pages.verify(os.path.join(folder, "data.mdb"))]
        except (pages.VerifyError, lmdb.Error, OSError, ValueError, struct.error) as error:
            report.add("unreadable", None, "truth/data.mdb", f"no LMDB data file: {error}")
            return report, answer
        names: set[bytes] = set()
        troubles: list[str] = []
        tables = read_tables(folder, names, troubles)
    troubles = problems + troubles
    if troubles:
        more = f" (and {len(troubles) - 1} more)" if len(troubles) > 1 else ""
        report.add("page-corrupt", None, "truth/data.mdb", one_line(troubles[0]) + more)
    if b"records" not in names and "records" not in tables:
        report.add("unreadable", None, "records", "there is no table `records`")
        return report, answer
    for name in sorted(names - {table.encode() for table in TABLES}):
        report.add("foreign-data", None, readable(name), "a name in the main database that section 9 doesn't list")
    tables.setdefault("records", {})
    if troubles:
        report.skip("damaged pages", "what they held: rows of tables that are absent were not reported")
    return report, verify_tables(tables, given, report, bool(troubles))


def one_line(text: str) -> str:
    """Text of uncertain origin, fit for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--read-tables"] and len(arguments) == 5:
        return dump_tables(arguments[1], arguments[2], int(arguments[3]), int(arguments[4]))
    parser = argparse.ArgumentParser(prog="verify_log.py", description="Verifies a log from FORMAT.md alone.")
    parser.add_argument("log", metavar="LOG", help="the directory of the log, or of a copy of it")
    parser.add_argument("--log-id", metavar="HEX", help="the log id that you were given: 64 hexadecimal digits")
    parser.add_argument("--json", action="store_true", help="the answer as one JSON object (section 14.1)")
    options = parser.parse_args(arguments)
    if options.log_id is not None and not re.fullmatch("[0-9a-f]{64}", options.log_id):
        parser.error("a log id is 64 lower-case hexadecimal digits")
    given = bytes.fromhex(options.log_id) if options.log_id is not None else None
    report, answer = verify_log(options.log, given)
    if options.json:
        findings = [asdict(finding) for finding in report.findings]
        skipped = [{"what": what, "reason": why} for what, why in report.not_checked.items()]
        print(json.dumps(answer | {"findings": findings, "not_checked": skipped}, ensure_ascii=False, indent=1))
    else:
        for finding in report.findings:
            place = "-" if finding.index is None else str(finding.index)
            print("\t".join((place, finding.code, one_line(finding.subject) or "-", one_line(finding.detail) or "-")))
        for what, why in report.not_checked.items():
            print(f"not checked: {what}: {why}")
        pinned = "the log id is the one given" if answer["trust"] == "pinned" else \
            "NOT PINNED: no log id was given" if given is None else "NOT the log that was asked for"
        print(f"verdict: {answer['integrity']}, {answer['size']} records, {len(report.findings)} findings; "
              f"log {answer['log_id'] or 'unknown'} ({pinned}); root {answer['root'] or 'unknown'}")
    return 0 if not report.findings and answer["trust"] == "pinned" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""An independent verifier of logs in the chainlog format, version 1.

Usage: verify_log.py LOG --log-id HEX [--json]

It was written from the document FORMAT.md alone and shares no code with the package that writes such logs. Section
numbers in the comments are those of FORMAT.md. The file stands alone: beside the standard library it needs PyNaCl
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
from dataclasses import dataclass, field
from typing import Any, Iterator, NamedTuple

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
    encoded = [encode(value) for value in values]
    return all(a < b for a, b in zip(encoded, encoded[1:]))


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

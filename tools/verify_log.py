#!/usr/bin/env python3
"""An independent verifier of logs in the chainlog format, version 1.

Usage: verify_log.py LOG [--log-id HEX|FILE] [--checkpoint FILE ...] [--json]

It is written from the document FORMAT.md alone and shares no code with the package that writes such logs; the numbers
in the comments are sections and steps of that document, in whose order the file stands. It needs the standard library,
PyNaCl (Ed25519 by libsodium) and lmdb >= 3.0, of which it uses only the page checker, which is plain Python.

How it goes. The database is copied to a private place and checked page by page; its rows are then read by the few
lines under 14.2. No engine maps the file, so a damaged one can't stop this process. A first pass over the records
takes from each what order and chain need: index, previous hash, own hash (14.4, 14.5). A second pass decodes one
record after the other and judges it against those below (14.3, 14.6, 14.7, 14.10); it keeps what they say of subjects,
ids and keys, and no record. Then follow the signed head (14.8) and the tables (14.9). It reads no clock.

Known limits: maps (section 7) and sealed values (section 8) are named as not checked. A record takes about a kilobyte
of memory, most of it for its subjects.

Exit status: 0 if nothing was found, 1 otherwise, 2 for wrong usage. Lines of output: index, code, subject, detail,
parted by tabs; "-" where there is none.
"""
from __future__ import annotations

import argparse
import base64
import bisect
import collections
import datetime
import functools
import hashlib
import itertools
import json
import lzma
import mmap
import operator
import os
import re
import shutil
import stat
import struct
import sys
import tempfile
import unicodedata
from array import array
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import lmdb.verify
import nacl.bindings as sodium
import nacl.exceptions

MAX_INT = 2**53 - 1
ZEROS = bytes(32)
MONTH_US = 31 * 86_400_000_000                                      # section 4, for this and the limits below
MAX_RECORD, MAX_BODY, MAX_TEXT, MAX_NOTE = 65_093, 12_288, 1_024, 131_072
MAX_SEARCH = OLD_BASE = 10_000
REMARKS = {"clock", "old-base", "document-not-named", "doubtful", "break-glass", "unknown-kind"}       # 14.1
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

def is_array(value: Any, low: int, high: int) -> bool:
    return type(value) is list and low <= len(value) <= high

def hashed(prefix: int, data: bytes) -> bytes:
    """H(p || x) of section 0; the prefixes stand in section 10."""
    return hashlib.sha256(bytes([prefix]) + data).digest()

# ---------------------------------------------------------------------- 1.1 canonical MessagePack

# First byte: the type, how many bytes hold the size (of integers: the value), and the least that may stand there.
WIDE = {0xCC: ("int", 1, 2**7), 0xCD: ("int", 2, 2**8), 0xCE: ("int", 4, 2**16), 0xCF: ("int", 8, 2**32),
        0xD0: ("minus", 1, 33), 0xD1: ("minus", 2, 2**7 + 1), 0xD2: ("minus", 4, 2**15 + 1),
        0xD3: ("minus", 8, 2**31 + 1), 0xC4: ("bin", 1, 0), 0xC5: ("bin", 2, 2**8), 0xC6: ("bin", 4, 2**16),
        0xD9: ("str", 1, 32), 0xDA: ("str", 2, 2**8), 0xDB: ("str", 4, 2**16), 0xDC: ("array", 2, 16),
        0xDD: ("array", 4, 2**16), 0xDE: ("map", 2, 16), 0xDF: ("map", 4, 2**16)}
NARROW = {"int": (0, 128), "str": (0xA0, 32), "array": (0x90, 16), "map": (0x80, 16), "bin": (0, 0)}   # first, below

def decode(data: bytes, depth: int = 8) -> Any:
    """The value, if the bytes are its one canonical encoding and nothing follows it."""
    try:
        value, end = take(data, 0, depth)
    except (IndexError, UnicodeDecodeError):
        raise Bad("malformed", "bytes are missing, or a text is not UTF-8") from None
    need(end == len(data), "bytes are missing or left over")
    return value

def take(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends. `depth` is how many arrays and maps may still nest.

    A text or bin that runs over the end comes out short; the end that is returned then lies beyond the data.
    """
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    if 0xA0 <= first < 0xC0:
        end = at + first - 0xA0
        return data[at:end].decode(), end
    if first == 0xC4:
        end = at + 1 + data[at]
        return data[at + 1:end], end
    if first < 0xA0:
        kind, size = "map" if first < 0x90 else "array", first & 15
    elif first >= 0xE0:
        return first - 256, at
    elif first in (0xC2, 0xC3):
        return first == 0xC3, at
    else:
        kind, width, least = WIDE.get(first) or ("", 0, 1)
        size = int.from_bytes(data[at:at + width], "big", signed=kind == "minus")
        at += width
        need(least <= abs(size) <= MAX_INT and (size < 0) == (kind == "minus"), "a type or form that doesn't occur")
        if kind == "bin":
            return data[at:at + size], at + size
        if kind == "str":
            return data[at:at + size].decode(), at + size
        if kind in ("int", "minus"):
            return size, at
    need(depth > 0, "nested too deep")
    if kind == "array":
        elements: list[Any] = []
        for _ in range(size):
            value, at = take(data, at, depth - 1)
            elements.append(value)
        return elements, at
    fields: dict[str, Any] = {}
    before = ""
    for _ in range(size):
        key, at = take(data, at, 0)
        need(type(key) is str and key > before and is_key(key), "a map key that is none, or their order")
        fields[key], at = take(data, at, depth - 1)
        before = key
    return fields, at

@functools.lru_cache(maxsize=4096)
def is_key(key: str) -> bool:
    """Rule 5."""
    return re.fullmatch("[a-z0-9_]{1,32}", key) is not None

@functools.lru_cache(maxsize=4096)
def header(kind: str, size: int) -> bytes:
    """What stands before the bytes or elements of a value; an integer is nothing but its header."""
    short, limit = NARROW[kind]
    if -32 <= size < limit:
        return bytes([short + size & 0xFF])
    signed = size < 0
    first, width = next((first, width) for first, (of, width, _) in WIDE.items()
                        if of == ("minus" if signed else kind) and -256**width // 2 <= size < 256**width)
    return bytes([first]) + size.to_bytes(width, "big", signed=signed)

def encode(value: Any) -> bytes:
    """canonical(x)."""
    if type(value) is str:
        data = value.encode()
        return header("str", len(data)) + data
    if type(value) is bytes:
        return header("bin", len(value)) + value
    if type(value) is int:
        return header("int", value)
    if type(value) is list:
        return header("array", len(value)) + b"".join(map(encode, value))
    if type(value) is bool:
        return b"\xc3" if value else b"\xc2"
    return header("map", len(value)) + b"".join(encode(key) + encode(value[key]) for key in sorted(value))

def is_sorted(values: list[Any]) -> bool:
    """*Sorted* of 1.1: ascending strictly by the encoded bytes."""
    encoded = list(map(encode, values)) if len(values) > 1 else []
    return all(map(operator.lt, encoded, encoded[1:]))

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
    return re.compile("[" + "".join(f"\\U{int(a, 16):08x}-\\U{int(b, 16):08x}" for a, b in lines) + "]*")

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
    if len(text.encode()) > 120 or not is_text(text):
        return "malformed"
    return "" if SUBJECT.fullmatch(text) and fold(text) == text else "not-folded"

def need_subject(value: Any, prefixes: str, what: str) -> None:
    """`value` is a subject with one of the prefixes (3.3, last paragraph)."""
    need(type(value) is str, f"{what} is no text")
    fault = subject_fault(value)
    need(not fault, f"{what} is no subject", fault)
    need(value[0] in prefixes, f"{what} is a subject of another prefix")

def key_subject(key: bytes) -> str:
    return "k/" + key.hex().upper()

# ---------------------------------------------------------------------- appendix A, transcribed

# A field is `name type`, with `?` behind the name if it may be absent. `[t]` is a list of 0 to 256, `[t] a-b` of a to
# b; `[t, u]` an array of exactly these; `one of` an enumeration; every other word a type of A.1.
TYPE_TABLE = """
level = one of 绝密 机密 秘密 内部 无密 未标
form = one of document material drawing periodical cipher_telegram audio_video optical_disc floppy hard_disk usb_stick
    memory_card computer laptop office_machine volume register_book exam_paper draft other
channel = one of by_hand confidential_post confidential_traffic exchange classified_network coded meeting phone
    ordinary_post courier freight internet email fax messaging
phase = one of in_stock in_transit in_circulation on_loan held out in_repair recalled pending_destruction
    destruction_approved sent_for_destruction missing issued_out returned_to_issuer archived destroyed lost
step = one of proposed reviewed approved checked rejected completed
condition = one of intact missing_pages damaged altered unbound
Cover = map wrapped bool; level level; number str; addressee Text
Document = map title Text; type? str; issuer U; level level; doc_no? Text; term? str; issue_date? date; tier? str;
    classifier? U; classification? one of original derived; derived_from? [D]; copies? count; pages? count; series?
    str; owner? U; urgency? one of urgent soon ordinary; no_copy? bool; no_record? bool; return_required? bool;
    return_due? date
Extra = map label str; document? D; copy_no? str
Item = map carrier C; form form; document? D; copy_no? str; pages? count
ListItem = map carrier C; reason? one of no_longer_needed scrapped meeting leaver declassified_unpublished copy other
OpeningItem = map carrier C; form form; level level; phase phase; row count; document? D; copy_no? str; pages? count;
    term? str; holder? P; place? W
Policy = map profile str; version str; effective_at time; parameters [[str, [str] 0-64]] 0-512; refuse [str];
    document_no? str
Scope = map persons? [P]; posts? [str] 0-64; units? [U]
attachment = map name Text; size count; sha256 hash
holiday = [str, date, date]
log elsewhere = [hash, count, hash]
part = map number count; of count; whole hash
record elsewhere = [hash, count, hash, subject]
recovery = map keys [[P, key]] 2-7; threshold count
source = map cells hash; sha256 hash; sheet str; row count
"""
# A.2.
COMMON = """
place? W; late_reason? Text; source? source; stated? [[str, Text]] 1-32; copies_unnumbered? count; attachments?
    [attachment] 1-16; note? Text
"""
# A.3: kind | subjects | moves | fields. Kinds below the line `registry` are registry events (5.4).
KIND_TABLE = """
created.received | c+ d* | c | level level; items [Item]; sender U; channel channel; listed count; found count; seal
    one of intact broken none; delivery_no? str; obtained_at? time; origin_record? record elsewhere
created.produced | c+ d | c | level level; items [Item]; device? C; licence_no? str; distribution? [P/U]; spoiled?
    count
created.equipment | c | c | level level; form form; number str; register str; serial count; unit U; term? str; model?
    str; serial_no? str; capacity? str; purpose? Text; network? one of standalone classified internal internet;
    protected? bool; no_copy? bool
created.entered | c+ d* | c | level level; items [Item]; reason one of byproduct volume book exam discovered other;
    term? str
created.opening | c+ d* | c | items [OpeningItem]
registered.document | d+ c* | - | register str; serial count; document? Document; items? [Item]
registered.void | u | - | register str; serial count; reason Text
marked | c+ | c | text str; position one of top_left top_right cover label title other
transferred.circulate | c+ l? | c list | mode one of face_to_face left_on_desk exchange_box other; folder_no? str;
    due? time
transferred.lend | c+ | c | purpose Text; depth one of read excerpt copy take_away; due? time; pages? count;
    introduction_no? str
transferred.hold | c+ | c | reason Text; due? time
transferred.take_out | c+ | c | destination W; reason Text; due? time; measures? [str] 0-16
transferred.dispatch | c+ d* | c | to U; channel channel; cover? Cover; post_no? str
transferred.receipt | c+ l? | c list | found count; receipt_no? str
transferred.hand_over | c+ l? | c list | reason one of leaving reassignment interdepartmental passing_on gift
    dissolution; to? U; part? part
transferred.store | c+ | c |
transferred.repair | c+ | c | to U; data one of removed erased kept; agreement_no? str
transferred.send_to_destruction | c+ l | c list | to U; receipt_no? str
transferred.archive | c+ d* | c | volume C; file_no str; copy_no? str; pages? count; forms? [str] 0-64
returned.to_keeper | c+ l? d* | c list | reason one of reading loan take_out meeting recall; pages? count; condition?
    condition
returned.from_repair | c+ | c | work? Text; before? Text; after? Text
returned.to_issuer | c+ d* l? | c list | to U; receipt_no? str; part? part
copied.made | c+ d* | c | method one of copy print photograph scan burn backup excerpt compile; parents [C] 0-224;
    items [Item]; level level; device? C; stamped? bool; purpose? Text; term? str; extent? Text; due? time; document?
    Document
copied.stored | c+ d* | - | what Text; level level; form_no? str; device? C; documents? [D]
destroyed.carriers | c+ d* l? | c list | method one of pulp shred burn crush smelt degauss disintegrate delete format
    sell give_away discard; unit? U; device? C; part? part
destroyed.byproducts | d | - | count count; what Text
destroyed.contents | c+ | c | method one of erase overwrite degauss remove_disk delete format; certificate_no? str
listed.added | l c* u? | l | purpose one of destroy clear recall hand_over inventory; items [ListItem]; total count;
    part? part; due? time
listed.withdrawn | l c+ | l | reason Text
decided.classify | d+ or c+ | d | step step; by? U; level level; term? str; basis? Text; special_basis? Text;
    classification? one of original derived; scope? Scope
decided.reclassify | d+ or c+ | d | step step; by? U; change one of raised lowered extended shortened declassified;
    level level; term? str; ground? one of harm_changed reach_changed harmless beneficial expired terms_met;
    authority_doc? str
decided.scope | d+ | d | step step; by? U; change one of set extended; scope Scope
decided.route | d+ | - | step step; by? U; recipients? [P/U]; slip_no? str; slip_header? Text
decided.permit | c+ or d+ or l or u | list | step step; by? U; act one of make make_outside copy excerpt lend take_out
    read_outside consult store_content repair destroy transfer archive publish open system_change waive_return abroad;
    purpose? Text; form_no? str; count? count; until? time; where? W; to? [P/U]; depth? one of read excerpt copy
    take_away; whole? hash
accessed.read | c+ or d+ | - | how one of read consult heard; out_at? time
accessed.connected | c2 | - | device C
accessed.entered | w | - | out_at? time
checked.count | d or l | - | expected count; actual count; copy_nos? [str] 0-1000
checked.inventory | l c* d* u or l c* d* w | - | occasion one of regular holiday handover special; found [C]; extra?
    [Extra] 0-64; holder? P; part? part
checked.carrier | c+ | - | reason one of return take_out repair other; passed bool; pages? count; condition? condition
checked.inspection | u or d+ or c+ | - | topic one of full special self classification secrecy_term day_end accounts;
    findings? Text
checked.fetch | u | - | station U; count count; vehicle? str; back_at? time
reported.incident | i? c* d* | c | what one of missing found lost discrepancy leak breach fault change; discovered_at?
    time; happened_at? time; expected? count; actual? count; to? [P/U]
reported.upward | i+ | - | to [P/U] 1-256; report_no? str
reported.handled | i+ | - | step one of remedied investigation_opened investigation_closed rectification_ordered
    rectified; due? time; outcome? Text
notified.sent | c* or d+ or l or u | - | topic one of collect recall level_change urge no_record departure other; to
    [P/U]; channel channel; letter_no? str; due? time; names_title? bool; text_sha256? hash
notified.filed | c+ or u | - | to U; what one of equipment_register classification_report disposal_report statistics;
    period? str; figures? [[str, count]] 0-64
notified.published | d+ or c+ or u | - | how one of website archive_opened press; site? str
corrected.field | target | c l | field str; old json; new json; reason Text
corrected.void | target | c l | reason Text
countersigned | target | - | reason? Text
registry
declared.unit | u | - | unit U; name Text; type one of own section superior peer subordinate authority exchange
    printer repairer destroyer shop other; parent? U; tier? str; authority? level; max_level? level; designated? [one
    of print repair destroy] 0-3; licence_no? str; agreement_no? str; abroad? bool; valid_from? date; valid_to? date
declared.place | w | - | place W; name Text; type one of secure_room confidential_office reading_room archive
    archive_store print_room compliant_office office meeting_room print_site repair_site destruction_site exchange
    other_unit public home abroad shop iron_cabinet coded_cabinet safe; unit? U; inside? W; max_level? level; mixed?
    bool; licence_no? str; valid_from? date; valid_to? date
declared.person | none | registry | person P; name Text; unit U
declared.calendar | s/log | registry | year count; holidays [holiday] 0-64; workdays [date] 0-64; authority_doc? str
declared.meeting | l | - | list L; starts_at time; ends_at time; attendees [P]
appointed.post | d? l? | registry | person P; post str; over U/W/D/L; valid_from date; valid_to? date; document_no?
    str
appointed.level | none | registry | person P; what one of clearance authority; level level; valid_from date; valid_to?
    date; document_no? str
appointed.credential | none | registry | person P; what one of certificate undertaking training cooling_off;
    valid_from date; valid_to? date; document_no? str
dismissed | d? l? | registry | person P
departed | none | registry | person P; reason Text
enrolled | none | registry | person P; key key; proof signature
revoked | none | registry | person P; key key; reason one of retired lost compromised; doubt_from? count
administered | s/admins | registry | administrators [[P, key]] 2-8; threshold count
log_key_changed | s/log | registry | old key; new key; proof signature; lost? bool
log_opened | s/admins s/log s/policy | registry | name str; title? Text; log_key key; administrators [[P, key]] 2-8;
    threshold count; recovery? recovery; unit U; utc_offset_minutes int; policy Policy; nonce hash; previous? log
    elsewhere
policy_adopted | s/policy | registry | profile str; version str; effective_at time; parameters [[str, [str] 0-64]]
    0-512; refuse [str]; document_no? str
index_committed | s/map | registry | map_root hash; size count; subjects count
erased | target | - | path str; reason Text
recovered | s/log | registry | lost_from count; known_size count; known_root hash; reason Text
format_adopted | s/log | registry | version count
log_closed | s/log | registry | successor str
"""
Check = Callable[[Any, list[str], str], None]       # of a value; with the event's subjects, and the field's name

# Alternatives of subjects, each a list like ["c+", "d*"]; what it moves; the check of its body; whether `items` may not
# be absent; whether it is a registry event.
Kind = namedtuple("Kind", "rows moves check every_item registry")

def table_lines(table: str) -> list[str]:
    """The entries of a table; a line that begins with a space goes on with the line before."""
    return re.sub("\n +", " ", table.strip()).split("\n")

def split_fields(text: str) -> dict[str, str]:
    """name, with its `?` -> type."""
    return dict(entry.split(" ", 1) for entry in text.split("; ")) if text else {}

def check_of_type(text: str, types: dict[str, Check]) -> Check:
    """The check that a value is of the type, which is written as in the tables."""
    if text in types:
        return types[text]
    if text.startswith("map "):
        return check_of_fields(split_fields(text[4:]), types)
    if text.startswith("["):
        return check_of_list(text, types)
    if text in ("C", "D", "L"):
        return functools.partial(check_position, text.lower() + "/")
    if text in ("P", "U", "W", "P/U", "U/W/D/L", "subject"):
        prefixes = "cdpliuw" if text == "subject" else text.lower().replace("/", "")
        return lambda value, subjects, name: need_subject(value, prefixes, name)
    codes = text[7:].split(" ") if text.startswith("one of ") else []
    fits = PLAIN[text] if not codes else lambda value: type(value) is str and value in codes

    def check_plain(value: Any, subjects: list[str], name: str) -> None:
        if not fits(value):
            raise Bad("malformed", f"{name} is not of its type")
    return check_plain

def is_string(value: Any, multiline: bool = False) -> bool:
    return type(value) is str and is_text(value, multiline) and 1 <= len(value.encode()) <= MAX_TEXT

def is_sealed(value: Any) -> bool:
    """Section 8."""
    return type(value) is dict and list(value) == ["sealed"] and is_bin(value["sealed"], 32)

def is_date(text: str) -> bool:
    """2.11."""
    try:
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False

PLAIN: dict[str, Callable[[Any], bool]] = {
    "Text": lambda value: is_string(value) or is_sealed(value),
    "Note": lambda value: is_string(value, True) or is_sealed(value),
    "str": lambda value: is_string(value) and len(value) <= 256,
    "json": is_string,
    "date": lambda value: is_string(value) and is_date(value),
    "int": is_int,
    "time": is_int,
    "count": lambda value: is_int(value, 0),
    "bool": lambda value: type(value) is bool,
    "hash": lambda value: is_bin(value, 32),
    "signature": lambda value: is_bin(value, 64),
    "key": lambda value: is_array(value, 2, 2) and is_int(value[0], 1, 1) and is_bin(value[1], 32),
}

def check_position(prefix: str, value: Any, subjects: list[str], name: str) -> None:
    """3.3 point 4."""
    need(is_int(value, 0), "a position that is none")
    need(value < len(subjects) and subjects[value].startswith(prefix), "a position of another thing", "subjects-mismatch")

def check_of_list(text: str, types: dict[str, Check]) -> Check:
    """`[t, u]` has exactly these elements, `[t] a-b` a to b of one type."""
    inner, _, bounds = text[1:].rpartition("]")
    first, comma, others = inner.partition(", ")
    if comma and not inner.startswith("["):
        checks = [check_of_type(part, types) for part in ([first, others] if "[" in others else inner.split(", "))]
        low = high = len(checks)
    else:
        low, high = map(int, (bounds.strip() or "0-256").split("-"))
        checks = [check_of_type(inner, types)] * high

    def check_list(value: Any, subjects: list[str], name: str) -> None:
        need(is_array(value, low, high), "a list of another length, or none")
        for check, element in zip(checks, value, strict=False):
            check(element, subjects, name)
    return check_list

def check_of_fields(fields: dict[str, str], types: dict[str, Check]) -> Check:
    checks = {name.rstrip("?"): check_of_type(text, types) for name, text in fields.items()}
    required = {name for name in fields if not name.endswith("?")}

    def check_map(value: Any, subjects: list[str], name: str) -> None:
        if type(value) is not dict or not required <= value.keys() <= checks.keys():
            raise Bad("malformed", f"{name} is no map, lacks a field, or has an unknown one")
        for key, element in value.items():
            checks[key](element, subjects, key)
    return check_map

def load_kinds() -> dict[str, Kind]:
    types: dict[str, Check] = {}
    for line in table_lines(TYPE_TABLE):
        name, _, text = line.partition(" = ")
        types[name] = check_of_type(text, types)
    common = split_fields(table_lines(COMMON)[0]) | {"note?": "Note"}       # 1.2: it may hold newlines and tabs
    kinds: dict[str, Kind] = {}
    ordinary, _, registry = KIND_TABLE.partition("registry\n")
    for line in table_lines(ordinary) + table_lines(registry):
        name, rows, moves, text = (part.strip() for part in line.split("|"))
        own = split_fields(text)
        fields = {key: of for key, of in common.items() if key.rstrip("?") not in own} | own
        alternatives = [row.split() for row in rows.split(" or ")] if rows != "none" else [[]]
        kinds[name] = Kind(alternatives, moves.split(), check_of_fields(fields, types), "items" in own,
                           f"\n{name} |" in "\n" + registry)
    return kinds

KINDS = load_kinds()
TARGET = [["target"]]

# ---------------------------------------------------------------------- 2.2, 2.9, 3.3 events

class Event(namedtuple("Event", "kind id occurred subjects people refs expires body raw spec")):
    """The elements of 2.2, its bytes, and its Kind: None if that is unknown."""
    __slots__ = ()

    def tools(self) -> set[int]:
        """3.3 point 7: the positions of tools, containers, originals."""
        body = self.body
        named = {body[name] for name in ("device", "volume") if name in body} | set(body.get("parents", []))
        return named - {item["carrier"] for item in body.get("items", [])} if named else named

    def moves(self) -> set[str]:
        """2.12: what the event moves."""
        if self.spec is None or "copies_unnumbered" in self.body:
            return set()
        if "registry" in self.spec.moves:
            moved = {subject for subject in self.subjects if subject.startswith("s/")}
            return moved | ({self.body["person"]} if "person" in self.body else set())
        if self.kind == "reported.incident" and self.body["what"] not in ("missing", "found", "lost"):
            return set()
        tools = self.tools()
        return {subject for position, subject in enumerate(self.subjects)
                if subject[0] in self.spec.moves and position not in tools}

    def guards(self) -> set[str]:
        lists = self.spec is not None and "list" in self.spec.moves
        return self.moves() | {subject for subject in self.subjects if lists and subject.startswith("l/")}

    def pairs(self) -> list[tuple[str, bytes]]:
        """(person, public key) of `administrators`, then of `recovery`."""
        recovery = self.body.get("recovery", {}).get("keys", [])
        return [(person, key[1]) for person, key in self.body.get("administrators", []) + recovery]

KIND_FORM = re.compile("[a-z_]+(\\.[a-z_]+)?(/[0-9]{1,2})?")

def parse_event(raw: bytes) -> Event:
    parts = decode(raw, 9)              # 1.1 rule 6: the body, at depth 2, is counted by itself
    need(is_array(parts, 8, 8), "an event has eight elements")
    kind, event_id, occurred, subjects, people, refs, expires, body = parts
    need(type(kind) is str and len(kind) <= 64 and KIND_FORM.fullmatch(kind) is not None, "the kind has not its form")
    spec = KINDS.get(kind)
    need(is_bin(event_id, 16) and is_int(expires, 0) and type(body) is dict, "id, expires_at_us or body")
    need(occurred == [] or is_array(occurred, 2, 2) and is_int(occurred[0]) and is_int(occurred[1], 0), "occurred")
    check_subjects(subjects, 256 if spec is None or spec.rows == TARGET else 240)
    check_people(kind, people, spec is not None)
    need(is_array(refs, 0, 16), "more than 16 references")
    for ref in refs:
        need(is_array(ref, 2, 2) and is_bin(ref[0], 16) and is_bin(ref[1], 32), "a reference that is none")
    need(is_sorted(refs) and len({ref[0] for ref in refs}) == len(refs), "references out of order or twice")
    need(len(raw) <= MAX_BODY or len(encode(body)) <= MAX_BODY, "the body is too long")
    event = Event(*parts, raw, spec)
    persons = {person for _, person, _ in people if person != "s/log"}
    if spec is None:
        need(persons <= set(subjects), "a person is no subject", "subjects-mismatch")
        check_texts(body, True)
    else:
        spec.check(body, subjects, "body")
        if spec.rows == TARGET:         # point 6; the act referred to is looked up in step 15
            need(len(refs) == 1 and persons <= set(subjects), "one act, and its persons", "subjects-mismatch")
        else:
            check_which_subjects(event, spec, persons)
    return event

def check_texts(value: Any, top: bool = False, multiline: bool = False) -> None:
    """Section 11: in the body of an unknown kind, only form and texts are judged."""
    if type(value) is str:
        need(is_text(value, multiline) and len(value.encode()) <= MAX_TEXT, "a text of the body is none")
    for element in value if type(value) is list else []:
        check_texts(element)
    for name, element in value.items() if type(value) is dict else []:
        check_texts(element, False, top and name == "note")

def check_subjects(subjects: Any, most: int) -> None:
    """3.2, and the limits of 3.3."""
    need(is_array(subjects, 1, most), "too many subjects, or none")
    for subject in subjects:
        need(type(subject) is str, "a subject is no text")
        fault = subject_fault(subject)
        need(not fault, "a subject against section 3.2", fault)
    need(is_sorted(subjects), "subjects out of order or twice")
    need(len(subjects) <= 224 or sum(s[0] != "p" for s in subjects) <= 224, "more than 224 subjects not persons")

def check_people(kind: str, people: Any, known: bool) -> None:
    """2.9."""
    need(is_array(people, 1, 32), "1 to 32 people")
    for entry in people:
        need(is_array(entry, 3, 3) and is_role(entry[0]) and is_int(entry[2], 0, 2), "an entry of people")
        role, person, signs = entry
        need(not known or role in ROLES, "a role that is not on the list")
        if role == "log" or person == "s/log":
            need(entry == ["log", "s/log", 1], "the log stands only as [log, s/log, 1]")
            need(not known or kind in ("log_opened", "log_key_changed", "index_committed"), "the log out of place")
        else:
            need_subject(person, "p", "a person")
    need(is_sorted(people), "people out of order")
    need(len({(role, person) for role, person, _ in people}) == len(people), "a person twice in one role")
    need(sum(signs for _, _, signs in people) <= 16, "more than 16 signatures")
    need(kind != "index_committed" or people == [["log", "s/log", 1]], "in index_committed the log stands alone")

def is_role(role: Any) -> bool:
    return type(role) is str and (role in ROLES or re.fullmatch("[a-z_]{1,24}", role) is not None)

def check_which_subjects(event: Event, spec: Kind, persons: set[str]) -> None:
    """3.3; point 4 was checked with the fields."""
    def fits(condition: bool, point: str) -> None:
        need(condition, f"3.3 point {point}", "subjects-mismatch")

    body, subjects, pairs = event.body, event.subjects, event.pairs()
    persons |= {person for person, _ in pairs} | ({body["person"]} if "person" in body else set())
    keys = {key for _, key in pairs} | {body[name][1] for name in ("key", "old", "new", "log_key") if name in body}
    fits({s for s in subjects if s[0] == "p"} == persons, "1: persons")
    fits({s for s in subjects if s[0] == "k"} == {key_subject(key) for key in keys}, "2: keys")
    others = [s for s in subjects if s[0] not in "pk"]
    unnumbered = "copies_unnumbered" in body
    prefixes = tuple(s if s[0] == "s" else s[0] for s in others)
    fits(fits_a_row(event.kind, prefixes, unnumbered), "3: no row of appendix A fits")
    about = {"declared.unit": "unit", "declared.place": "place", "appointed.post": "over"}.get(event.kind)
    if about:
        taken = any(body[about][0] == token[0] for row in spec.rows for token in row)
        fits(others == ([body[about]] if taken else []), f"5: not about `{about}`")
    carriers, tools = {p for p, s in enumerate(subjects) if s[0] == "c"}, event.tools()
    items = [item["carrier"] for item in body.get("items", [])]
    fits(len(set(items)) == len(items), "7: two items for one carrier")
    if unnumbered:
        fits(carriers == tools, "3: not only tools beside copies that aren't numbered")
    else:
        fits(not spec.every_item or carriers - tools == set(items), "7: a carrier without item")
        demanded = "c" in spec.moves and all({"c", "c+", "c2"} & set(row) for row in spec.rows)
        fits(not demanded or carriers > tools, "7: nothing but tools")

COUNTS = {"": (1, 1), "2": (2, 2), "?": (0, 1), "*": (0, 256), "+": (1, 256)}

@functools.lru_cache(maxsize=4096)
def fits_a_row(kind: str, prefixes: tuple[str, ...], unnumbered: bool) -> bool:
    """3.3 point 3. Of subjects of the log itself, `prefixes` has the whole."""
    found = collections.Counter(prefixes)
    for row in KINDS[kind].rows:
        bounds = {token: (1, 1) if token[0] == "s" else COUNTS[token[1:]] for token in row}
        bounds = {token if token[0] == "s" else token[0]: count for token, count in bounds.items()}
        if unnumbered and "c" in bounds:
            bounds |= {"c": (0, 256), "d": (1, 256)}
        if found.keys() <= bounds.keys() and all(low <= found[of] <= high for of, (low, high) in bounds.items()):
            return True
    return False

# ---------------------------------------------------------------------- 2.1 records

Record = namedtuple("Record", "index time prev base links event signatures hash")

def parse_record(raw: bytes) -> Record:
    """Step 4: a record by sections 1 to 4, or what is wrong with it."""
    need(version_of(raw) in (None, 1), "a record of another version", "version-regression")
    need(len(raw) <= MAX_RECORD, "a record that is too long")
    parts = decode(raw)
    need(is_array(parts, 8, 8) and is_int(parts[0], 1, 1), "a record has eight elements, the first 1")
    _, index, time, prev, base, links, event_bytes, signatures = parts
    need(is_int(index, 0) and is_int(time, 0) and is_bin(prev, 32), "index, recorded_at_us or prev_hash")
    need(is_array(base, 2, 2) and is_int(base[0], 0) and is_bin(base[1], 32), "the base is none")
    need(type(links) is list and type(event_bytes) is bytes, "links or event")
    for link in links:
        need(is_array(link, 3, 3) and is_int(link[0], 0) and is_int(link[1], 0) and is_bin(link[2], 32), "a link")
    need(is_array(signatures, 1, 16), "1 to 16 signatures")
    for entry in signatures:
        need(is_array(entry, 4, 4) and is_role(entry[0]) and is_bin(entry[1], 32) and is_int(entry[2], 0)
             and is_bin(entry[3], 64), "a signature is none")
    need(is_sorted(signatures), "signatures out of order")
    need(len({(role, key) for role, key, _, _ in signatures}) == len(signatures), "a key twice in one role")
    event = parse_event(event_bytes)
    need(len(links) == len(event.subjects), "not one link for each subject")
    return Record(index, time, prev, base, links, event, signatures, hashed(0, raw))

def version_of(raw: bytes) -> int | None:
    """Section 11: the first two bytes say it, in every version."""
    return raw[1] if len(raw) > 1 and 0x90 <= raw[0] <= 0x9F and raw[1] <= 0x7F else None

def stated_by(raw: bytes) -> tuple[int, int, bytes] | None:
    """Index, `recorded_at_us` and `prev_hash` of a record that may be defective behind them (step 8)."""
    try:
        need(raw[:2] == b"\x98\x01", "another version or size")
        index, at = take(raw, 2, 0)
        time, at = take(raw, at, 0)
        prev, at = take(raw, at, 0)
    except (Bad, IndexError, UnicodeDecodeError):
        return None
    return (index, time, prev) if is_int(index, 0) and is_int(time, 0) and is_bin(prev, 32) else None

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
        return functools.reduce(lambda node, left: hashed(1, left + node), reversed(self.frontier))

def tree_of(hashes: Iterable[bytes]) -> Tree:
    tree = Tree()
    for leaf in hashes:
        tree.add(leaf)
    return tree

# `text` is what is signed; `signatures` are pairs of a name, and key id with signature.
Checkpoint = namedtuple("Checkpoint", "origin size root text signatures")

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
        whole = note.decode()
    except UnicodeDecodeError:
        raise Bad("malformed", "a note that is not UTF-8") from None
    need(all(c >= " " or c == "\n" for c in whole), "a control character in a note")
    text, blank, tail = whole.partition("\n\n")
    lines = text.split("\n")
    need(bool(blank) and whole.endswith("\n") and len(lines) == 3, "three lines, a blank one, a newline at the end")
    need(re.fullmatch("[1-9][0-9]{0,15}", lines[1]) is not None and int(lines[1]) <= MAX_INT, "the size")
    root = canonical_base64(lines[2])
    need(len(root) == 32, "the root hasn't 32 bytes")
    matches = [re.fullmatch("— ([^ +]+) ([A-Za-z0-9+/]+=*)", line) for line in tail[:-1].split("\n")]
    need(all(matches) and len(matches) <= 100, "a signature line that is none, or more than 100")
    signatures = [(match[1], canonical_base64(match[2])) for match in matches if match]
    return Checkpoint(lines[0], int(lines[1]), root, (text + "\n").encode(), signatures)

def key_id(origin: str, key: bytes) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n\x01" + key).digest()[:4]

NOT_SIGNED = "not signed by the log key in force"

def checkpoint_fault(point: Checkpoint, origin: str, key: bytes | None) -> str:
    """Why the checkpoint does not count for this log and log key, or nothing."""
    if point.origin != origin:
        return "its origin is another"
    own = [data for name, data in point.signatures if key and name == origin and data[:4] == key_id(origin, key)]
    if not own:
        return NOT_SIGNED
    return "" if all(verifies(key or b"", point.text, data[4:]) for data in own) else "a signature that isn't true"

# ---------------------------------------------------------------------- 14.1 findings

Finding = namedtuple("Finding", "code index subject detail")

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

# ---------------------------------------------------------------------- 9 and 14.2 the file

TABLES = (b"records", b"subjects", b"ids", b"tiles", b"head", b"checkpoints", b"meta")
PAGE = struct.Struct("=QHHHH")              # its number, padding, flags, end of the table of nodes, start of the nodes
NODE = struct.Struct("=HHHH")               # value's size (low, high), flags, key's size; in a branch: page, key's size
BRANCH, LEAF, OVERFLOW, PAGE_TYPES = 0x01, 0x02, 0x04, 0x6F
BIG_VALUE, TREE_VALUE = 0x01, 0x02
NO_ROOT = 2**64 - 1

class Database:
    """The tables of an LMDB data file in the format of 0.9. What can't be read of them is added to `faults`."""

    def __init__(self, data: bytes | mmap.mmap, faults: list[str]) -> None:
        self.data, self.faults = data, faults
        metas = []                                          # transaction, root of the main database, size of a page
        for place in (0, *(2**power for power in range(8, 17))):
            meta = data[place + 16:place + 152].ljust(136, b"\0")
            magic, version, page_size, root, transaction = struct.unpack("=II16xI84xQ8xQ", meta)
            if magic == 0xBEEFC0DE and version == 1 and page_size in (place, place or page_size) and page_size >= 256:
                metas.append((transaction, root, page_size))
        need(bool(metas), "no data file of LMDB 0.9", "unreadable")
        for _, root, self.page_size in sorted(metas, reverse=True):     # the last transaction that can be read
            self.roots: dict[bytes, int] = {}
            for name, flags, start, size in self.nodes(root):
                self.roots[name] = NO_ROOT
                if flags == TREE_VALUE and size == 48 and struct.unpack_from("=H", data, start + 4)[0] == 0:
                    self.roots[name] = struct.unpack_from("=Q", data, start + 40)[0]
                elif name in TABLES:
                    self.faults.append(f"{name.decode()}: not a table made without flags")
            if any(self.rows("records")):
                break

    def nodes(self, root: int) -> Iterator[tuple[bytes, int, int, int]]:
        """Key, flags, start and size of the value, of every row of a tree that can be read, keys ascending."""
        data, page_size = self.data, self.page_size
        stack, seen, before = ([] if root == NO_ROOT else [root]), set(), b""
        while stack:
            number = stack.pop()
            page, end = number * page_size, (number + 1) * page_size
            if number in seen or number < 2 or end > len(data):
                self.faults.append(f"page {number} is not there, or belongs to two places")
                continue
            seen.add(number)
            stated, _, flags, lower, upper = PAGE.unpack_from(data, page)
            if stated != number or flags & PAGE_TYPES not in (BRANCH, LEAF) or not 16 <= lower <= upper <= page_size:
                self.faults.append(f"page {number} is not a page of a table")
                continue
            children = []
            for place in struct.unpack_from(f"={(lower - 16) // 2}H", data, page + 16):
                low, high, node_flags, key_size = NODE.unpack_from(data, page + min(place, page_size - 8))
                start, size = page + place + 8 + key_size, low | high << 16
                key, limit = data[start - key_size:start], end
                if flags & BRANCH:
                    children.append(size | node_flags << 32)
                    continue
                if node_flags & BIG_VALUE:
                    start, limit = self.big_value(start) if start + 8 <= end else (end, end)
                if place < upper or start + size > limit or before and key <= before:
                    self.faults.append(f"page {number}: a row outside of it, or not in order")
                    continue
                before = key
                yield key, node_flags & ~BIG_VALUE, start, size
            stack.extend(reversed(children))

    def big_value(self, place: int) -> tuple[int, int]:
        """Where a value on pages of its own begins, and where these end."""
        number = struct.unpack_from("=Q", self.data, place)[0]
        page = number * self.page_size
        if number < 2 or page + self.page_size > len(self.data):
            return 0, -1
        stated, _, flags, low, high = PAGE.unpack_from(self.data, page)
        end = page + (low | high << 16) * self.page_size
        return (page + 16, end) if stated == number and flags & OVERFLOW and end <= len(self.data) else (0, -1)

    def rows(self, table: str) -> Iterator[tuple[bytes, int, int]]:
        for key, flags, start, size in self.nodes(self.roots.get(table.encode(), NO_ROOT)):
            if flags:
                self.faults.append(f"{table}: a row that is no plain value")
            else:
                yield key, start, size

    def is_there(self, table: str) -> bool:
        """Whether the main database names it."""
        return table.encode() in self.roots

    def table(self, table: str) -> dict[bytes, bytes]:
        """All rows; for small tables."""
        return {key: self.data[start:start + size] for key, start, size in self.rows(table)}

# ---------------------------------------------------------------------- 14.3 to 14.5 the records, put in order

# Where a record lies in the file, its hash, and the index and previous hash that its bytes state: None if they don't.
Row = namedtuple("Row", "start size hash index prev")

class Log:
    """Which record stands at each index, and how far it can be trusted."""

    def __init__(self, database: Database, report: Report) -> None:
        self.database, self.report = database, report
        self.rows: dict[int, Row] = {}              # by slot; from step 6 on by the index at which a record is taken
        self.dark: set[int] = set()
        self.broken: set[int] = set()               # step 8: i where the pair (i, i+1) breaks
        self.suspects: set[int] = set()             # of these, those that are dark unless they pass steps 10 to 17
        self.unread_from: int | None = None         # a record of a version that isn't known
        self.order_found = False                    # step 19: there is a finding of step 5 or 6
        head = database.table("head")
        last = head.get(b"last", b"")
        self.last = (int.from_bytes(last[:8], "big"), last[8:]) if len(last) == 40 else None
        self.head, self.signed = stored_head(head.get(b"head", b""))
        self.scan()
        self.put_in_order()
        self.size = max(self.rows, default=-1) + 1
        self.chain()

    def raw(self, index: int) -> bytes:
        row = self.rows[index]
        return self.database.data[row.start:row.start + row.size]

    def record(self, index: int) -> Record | None:
        """The record there, if its bytes are one."""
        try:
            return parse_record(self.raw(index)) if index in self.rows else None
        except Bad:
            return None

    def is_gone(self, index: int) -> bool:
        return index in self.dark or index not in self.rows

    def hash_at(self, index: int) -> bytes | None:
        """Step 9, the known hash."""
        if not self.is_gone(index):
            return self.rows[index].hash
        if not self.is_gone(index + 1):
            return self.rows[index + 1].prev
        return self.last[1] if self.last and self.last[0] == self.size == index + 1 else None

    def known_hashes(self) -> Iterator[bytes]:
        """From index 0 up to the first that isn't known."""
        return itertools.takewhile(lambda known: known is not None, map(self.hash_at, range(self.size)))

    def scan(self) -> None:
        """Step 3, and of step 4 the versions."""
        versions, before = [], b""
        for key, start, size in self.database.rows("records"):
            slot = int.from_bytes(key, "big")
            if len(key) != 8 or slot > MAX_INT:
                self.report.add("foreign-data", None, "records", f"a key that is no index: {key.hex()}")
                continue
            raw = self.database.data[start:start + size]
            index, _, prev = stated_by(raw) or (None, 0, None)
            self.rows[slot] = Row(start, size, hashed(0, raw), index, before if prev == before else prev)
            before = self.rows[slot].hash
            if version_of(raw) not in (None, 1):
                versions.append(slot)
        end = self.end()
        self.put_aside([slot for slot in reversed(self.rows) if slot >= end])
        versions = [slot for slot in versions if slot < end]
        self.unread_from = next((slot for slot in versions if not self.contradicted(slot)), None)
        if self.unread_from is not None:
            self.report.add("version-regression", self.unread_from, "", "a record of a version that isn't known")
            self.rows = {slot: row for slot, row in self.rows.items() if slot < self.unread_from}

    def put_aside(self, above: list[int]) -> None:
        """Step 3: what is found of rows that are no slots."""
        beside = {slot: self.raw(slot) for slot in above}
        self.rows = {slot: row for slot, row in self.rows.items() if slot not in beside}
        ids = {record.event.id for record in map(self.record, self.rows) if record} if above else set()
        for slot, raw in beside.items():
            try:
                code, detail = "foreign-data", "above the head, and the chain doesn't lead here"
                code = "duplicate" if parse_record(raw).event.id in ids else code
            except Bad as bad:
                code, detail = "malformed" if bad.code == "version-regression" else bad.code, bad.detail
            self.report.add(code, slot, "", detail)

    def end(self) -> int:
        """Step 3: the first index above the slots if the head is borne out, else one above all indexes."""
        slots, size = list(self.rows), self.signed.size if self.signed else MAX_INT
        if size > len(slots) or slots[size - 1] != size - 1:
            return MAX_INT + 1
        if tree_of(row.hash for row in itertools.islice(self.rows.values(), size)).root() != self.signed.root:
            return MAX_INT + 1
        while size in self.rows:
            row, record = self.rows[size], self.record(size)
            if record is None or record.index != size or row.prev != self.rows[size - 1].hash:
                break
            size += 1
        return size

    def contradicted(self, index: int) -> bool:
        """Step 8: the record after it, or the head, says that its bytes were others."""
        row, after = self.rows[index], self.rows.get(index + 1)
        if after:
            return after.prev is not None and after.prev != row.hash
        if index != next(reversed(self.rows)) or not self.last or self.last[0] != index + 1 or self.last[1] == row.hash:
            return False
        for _, start, size in self.database.rows("subjects"):
            stored = self.database.data[start:start + size]
            if stored[8:16] == index.to_bytes(8, "big") and stored[16:] != self.last[1]:
                return False
        whole = self.signed and len(self.rows) == self.signed.size == index + 1
        return not (whole and tree_of(row.hash for row in self.rows.values()).root() == self.signed.root)

    # -- 14.4

    def found(self, code: str, index: int, detail: str) -> None:
        self.report.add(code, index, "", detail)
        self.order_found = True

    def put_in_order(self) -> None:
        """Steps 5 and 6."""
        expected = 0
        for slot in self.rows:
            if slot > expected:
                self.found("page-corrupt" if self.database.faults else "missing", expected, f"none up to {slot - 1}")
            expected = slot + 1
        rest = {slot: row.index for slot, row in self.rows.items()                  # slot -> index that it states
                if row.index not in (None, slot) and self.record(slot)}
        if not rest:
            return
        slots = dict(self.rows)
        for cycle in cycles(rest):                                                  # 6.1
            if not self.chains({rest[slot]: slots[slot] for slot in cycle}):
                continue
            self.found("reordered", min(cycle), f"exchanged: the records at {sorted(cycle)}")
            self.rows.update({rest.pop(slot): slots[slot] for slot in cycle})
        copies = collections.Counter(row.hash for row in slots.values())
        dark = {slot for slot in rest if copies[slots[slot].hash] > 1}              # 6.2
        for slot in sorted(dark):
            self.found("duplicate", slot, f"the bytes of record {rest.pop(slot)} stand here again")
        self.move_tail(rest, slots)                                                 # 6.3
        for slot in sorted(rest):                                                   # 6.4
            self.found("altered", slot, f"the record states the index {rest[slot]}")
        self.dark = {slot for slot in dark | rest.keys() if self.rows.get(slot) is slots[slot]}
        self.rows = dict(sorted(self.rows.items()))

    def chains(self, placed: dict[int, Row]) -> bool:
        """Step 6.1: whether each of these rows, at the index that it states, follows the one before it."""
        for index, row in placed.items():
            before = placed.get(index - 1) or self.rows.get(index - 1)
            if row.prev != (ZEROS if index == 0 else before.hash if before else None):
                return False
        return True

    def move_tail(self, rest: dict[int, int], slots: dict[int, Row]) -> None:
        """Step 6.3: a run that ends with the last slot and is shifted by one number."""
        first = last = max(slots)
        shift = rest.get(last, last) - last
        if not shift:
            return
        # The last record alone, where the head speaks of as many as there are: nothing moved, its index was changed.
        if rest.get(last - 1) != last - 1 + shift and self.signed and self.signed.size == last + 1:
            return
        while rest.get(first - 1) == first - 1 + shift:
            first -= 1
        moved = {slot: self.rows.pop(slot) for slot in range(first, last + 1)}
        dropped: list[int] = []
        for slot in reversed(moved):                                    # from the end: the one after it chooses
            del rest[slot]
            index = slot + shift
            here, after = self.rows.get(index), self.rows.get(index + 1)
            says = after.prev if after else self.last[1] if self.last and self.last[0] == index + 1 else None
            if here and here.index == index and here.hash == says:
                dropped.append(slot)
                continue
            if here:
                dropped.append(index)
                rest.pop(index, None)
            self.rows[index] = moved[slot]
        if shift > 0:
            self.found("missing", first, f"{shift} taken out here, the rest moved down")
        elif dropped:
            self.put_in(min(dropped), slots, f"{-shift} put in, the rest moved up")

    def put_in(self, slot: int, slots: dict[int, Row], detail: str) -> None:
        """Step 6.3: what is said of the first record that isn't taken."""
        if self.report.above(slot - 1, slot):                           # step 6.2 said something
            return
        rows, ids = self.database.data, []
        for at, row in slots.items():
            try:
                ids.append((at, parse_record(rows[row.start:row.start + row.size]).event.id))
            except Bad as bad:
                if at == slot:                                          # step 4
                    after = slots.get(slot + 1)
                    other = after and after.prev not in (None, row.hash)        # step 8
                    return self.found("malformed" if other else bad.code, slot, bad.detail)
        own = dict(ids)[slot]
        same = any(event_id == own and at != slot for at, event_id in ids)
        return self.found("duplicate" if same else "foreign-data", slot, detail)

    # -- 14.5

    def chain(self) -> None:
        """Step 8."""
        for index, row in self.rows.items():
            before = self.rows.get(index - 1)
            if before and row.prev not in (None, before.hash) and not self.dark & {index - 1, index}:
                self.broken.add(index - 1)
        if self.rows and self.unread_from is None and self.size - 1 not in self.dark:
            if self.contradicted(self.size - 1):
                self.broken.add(self.size - 1)
        self.suspects = {i for i in self.broken if i - 1 not in self.broken and i + 1 in self.broken}
        self.dark |= self.broken - self.suspects

def cycles(rest: dict[int, int]) -> list[list[int]]:
    """Step 6.1: the slots that lead back to where they began, if no other record states one of these indexes."""
    claims, seen, result = collections.Counter(rest.values()), set(), []
    for start in sorted(rest):
        path, slot = [], start
        while slot in rest and slot not in seen:
            seen.add(slot)
            path.append(slot)
            slot = rest[slot]
        if path and slot == start and all(claims[slot] == 1 for slot in path):
            result.append(path)
    return result

def stored_head(data: bytes) -> tuple[list[Any] | None, Checkpoint | None]:
    """The row `head` of the table `head` (section 9), and the checkpoint in it, as far as they can be read."""
    head = None
    try:
        parts = decode(data)
        need(is_array(parts, 4, 4) and is_int(parts[0], 0) and is_bin(parts[1], 32), "the head is none")
        need(type(parts[2]) is bytes and type(parts[3]) is bytes, "the head is none")
        head = parts
        return head, parse_checkpoint(head[3])
    except Bad:
        return head, None

# ---------------------------------------------------------------------- 5 authority

DOCUMENT_KINDS = {"created.received", "created.produced", "created.entered", "created.opening", "copied.made",
                  "registered.document"}                                                            # step 24
CLOSING_KINDS = {"destroyed.carriers", "transferred.dispatch", "transferred.archive", "returned.to_issuer",
                 "reported.incident"}                                                               # step 24
PURPOSES = ("administrator", "recovery", "log")                 # every other role is signed with a person's key

Brought = namedtuple("Brought", "key holder purpose")          # a key that an event brings (5.2)

class State:
    """What the records below an index give: subjects, ids, moves (14.7), and authority (section 5)."""

    def __init__(self) -> None:
        self.subjects: dict[str, tuple[int, int, bytes]] = {}       # how many name it, index and hash of the last
        self.named: dict[str, array[int]] = {}                      # indexes of those that name it
        self.moved: dict[str, array[int]] = {}                      # indexes of those that moved it
        self.ids: dict[bytes, int] = {}
        self.documents: dict[str, str] = {}                         # carrier -> document (step 24)
        self.keys: dict[bytes, Brought] = {}
        self.ended: set[bytes] = set()
        self.unauthorised: set[bytes] = set()                       # keys that only an unauthorised act brought
        self.admins: dict[str, bytes] = {}                          # the administration in force
        self.threshold = self.recovery_threshold = 0
        self.log_keys: list[tuple[int, bytes]] = []                 # (index, key); the last one is in force
        self.closed: int | None = None
        self.mapped = -1                                            # size of the last index_committed
        self.name = ""                                              # of the log
        self.lost: set[tuple[int, bytes]] = set()                   # size and root that a `recovered` states

    def brought(self, event: Event) -> list[Brought]:
        body, pairs = event.body, event.pairs()
        if event.kind == "enrolled":
            return [Brought(body["key"][1], body["person"], "person")]
        if event.kind == "log_key_changed":
            return [Brought(body["new"][1], "s/log", "log")]
        if event.kind == "administered":
            return [Brought(key, person, "administrator") for person, key in pairs if self.admins.get(person) != key]
        if event.kind != "log_opened":
            return []
        purposes = ["administrator"] * len(body["administrators"]) + ["recovery"] * 7
        brings = [Brought(key, person, purpose) for (person, key), purpose in zip(pairs, purposes, strict=False)]
        return [*brings, Brought(body["log_key"][1], "s/log", "log")]

    def standing(self, role: str, key: bytes, brings: list[Brought]) -> tuple[str | None, str]:
        """5.3: whose key it is, and the code that a signature with it in this role deserves, or nothing."""
        purpose = role if role in PURPOSES else "person"
        at_once = [new for new in brings if new.key == key and new.purpose in PURPOSES]
        known = at_once[0] if at_once else self.keys.get(key)
        if known is None or known.purpose != purpose:
            return known.holder if known else None, "unknown-key"
        listed = purpose != "administrator" or self.admins.get(known.holder) == key
        return known.holder, "" if at_once or listed and key not in self.ended else "revoked-key"

    def log_key_at(self, size: int) -> bytes | None:
        return next((key for index, key in reversed(self.log_keys) if index < size), None)

    def add(self, index: int, record: Record, positions: dict[str, int], again: bool, sound: bool, own: bool) -> None:
        """14.7: every record counts for links, ids and moves, a sound one for authority too. `again`: the id stands
        below, so only the links count (step 11). `own`: record 0 is the one that the log id is the hash of."""
        event, body = record.event, record.event.body
        for subject in event.subjects:
            count = positions[subject] if subject in positions else self.subjects.get(subject, (0,))[0]
            self.subjects[subject] = (count + 1, index, record.hash)
            self.named.setdefault(subject, array("Q")).append(index)
        if not again:
            self.ids[event.id] = index
            for subject in event.moves():
                self.moved.setdefault(subject, array("Q")).append(index)
            for item in body.get("items", []) if event.kind in DOCUMENT_KINDS else []:
                if "document" in item:
                    self.documents[event.subjects[item["carrier"]]] = event.subjects[item["document"]]
        if event.kind == "log_opened" and index == 0:
            self.name = body["name"]
            if own:
                self.log_keys.append((index, body["log_key"][1]))
        if again or not sound:
            self.unauthorised.update(new.key for new in self.brought(event))
        elif event.spec is not None and event.spec.registry:
            self.fold(index, event, body)

    def fold(self, index: int, event: Event, body: dict[str, Any]) -> None:
        """Section 5, in order of index."""
        for new in self.brought(event):
            self.keys.setdefault(new.key, new)
        if event.kind in ("log_opened", "administered"):
            self.admins = {person: key[1] for person, key in body["administrators"]}
            self.threshold = body["threshold"]
        if event.kind == "log_opened":
            self.recovery_threshold = body.get("recovery", {}).get("threshold", 0)
        elif event.kind == "revoked":
            self.ended.add(body["key"][1])
        elif event.kind == "log_key_changed":
            self.ended.add(body["old"][1])
            self.log_keys.append((index, body["new"][1]))
        elif event.kind == "log_closed":
            self.closed = index
        elif event.kind == "index_committed":
            self.mapped = body["size"]
        elif event.kind == "recovered":
            self.lost.add((body["known_size"], body["known_root"]))

def policy_fault(policy: dict[str, Any]) -> str:
    """5.6."""
    names = [name for name, _ in policy["parameters"]]
    if not is_sorted(names) or not all(values for _, values in policy["parameters"]):
        return "parameters out of order, twice, or without value"
    supervisors = [values[0] for name, values in policy["parameters"] if name == "min.supervisors"]
    fits = is_sorted(policy["refuse"]) and all(value in list("2345678") for value in supervisors)
    return "" if fits else "`refuse` is not sorted, or min.supervisors is not 2 to 8"

def administration_fault(body: dict[str, Any], recovery: bool) -> str:
    """5.1: the numbers, also of `administered`."""
    people = {person for person, _ in body["administrators"]}
    highest = len(people) - (0 if recovery else 1)
    fits = len(people) == len(body["administrators"]) and 2 <= body["threshold"] <= highest
    return "" if fits else "a person twice, or a threshold that can't be"

def genesis_fault(body: dict[str, Any]) -> str:
    """5.1."""
    if not re.fullmatch("draft\\.[a-z0-9.-]{0,58}", body["name"]) or not is_int(body["utc_offset_minutes"], -840, 840):
        return "the name of the log, or utc_offset_minutes"
    if "recovery" in body:
        people = {person for person, _ in body["recovery"]["keys"]}
        if len(people) < len(body["recovery"]["keys"]) or not 2 <= body["recovery"]["threshold"] <= len(people):
            return "the recovery keys"
    return "nothing in it can be sealed" if holds_seal(body) else administration_fault(body, "recovery" in body)

def holds_seal(value: Any) -> bool:
    if type(value) is dict:
        return "sealed" in value or any(map(holds_seal, value.values()))
    return type(value) is list and any(map(holds_seal, value))

def is_sealed_at(body: Any, path: str) -> bool:
    """Section 8: `path` is the place of a sealed value in the body."""
    for part in path.split("."):
        if type(body) is list:
            numbered = {str(number): element for number, element in enumerate(body)}
            body = numbered.get(part)
        else:
            body = body.get(part) if type(body) is dict else None
    return is_sealed(body)

# ---------------------------------------------------------------------- 14.6, 14.7, 14.10 each record

NOT_IF_GONE = ("unknown-key", "revoked-key", "below-threshold", "bad-ref")              # step 17, last sentence
NOT_IF_EXPLAINED = ("stale-link", "stale-draft", *NOT_IF_GONE)                          # 14.7

class Verdict:
    """What steps 11 to 17 say of one record; nothing else is changed by making one."""

    def __init__(self, index: int, q: int) -> None:
        self.index, self.q = index, q
        self.findings: list[Finding] = []
        self.skipped: list[tuple[str, str]] = []
        self.positions: dict[str, int] = {}                 # step 13: links that were taken as they are
        self.again = False                                  # step 11: the id stands below
        self.verified: list[bool] = []                      # whether each signature does, as far as the log id is known
        self.good: list[tuple[str, str, bytes]] = []        # role, person, key of signatures that count
        self.unauthorised = self.break_glass = False        # by keys of unauthorised acts; by recovery keys alone
        self.agrees = self.differs = False                  # step 12: the base, as far as it is known

    def add(self, code: str, subject: str = "", detail: str = "", index: int | None = None) -> None:
        self.findings.append(Finding(code, self.index if index is None else index, subject, detail))

    def sound(self) -> bool:
        return all(finding.code in REMARKS or finding.index != self.index for finding in self.findings)

class Judge:
    def __init__(self, log: Log, report: Report, given: bytes | None) -> None:
        self.log, self.report, self.state = log, report, State()
        self.q = -1
        self.unfitted = -1                          # step 17: highest base with a good signature that differed
        self.gone = 0                               # records dark or missing so far
        self.time = 0                               # recorded_at_us of the record before, if that isn't dark
        self.explained_at: set[int] = set()         # records about which no remarks are made
        self.doubts: list[tuple[bytes, int, int]] = []      # step 25: key, doubt_from, index of the revocation
        self.has_map = self.genesis_altered = self.opening_gone = False
        self.log_id = self.find_log_id(given)

    def find_log_id(self, given: bytes | None) -> bytes | None:
        """Step 10. Step 17 may name the genesis itself, so `altered` is added after it."""
        log, known, first = self.log, self.log.hash_at(0), self.log.record(0)
        if first and 0 not in log.dark and first.event.kind != "log_opened":
            self.report.add("missing", 0, "", "the record that opened the log isn't there")
            self.opening_gone, known = True, None
        second = log.record(1) if 1 not in log.dark else None
        claimed = second.base[1] if second and second.base[0] == 0 else ZEROS
        claims = list(dict.fromkeys(claim for claim in (known, claimed, given) if claim and claim != ZEROS))
        if known and len(claims) > 1:
            known = max(claims, key=self.signed_for)
            self.genesis_altered = not log.is_gone(0) and known != log.hash_at(0)
        if given is not None and known is not None and given != known:
            self.report.add("wrong-log", 0, known.hex(), "the log is another than the one asked for")
        if known is None and given is None:
            self.report.skip("signatures", "the log id isn't known: the record that opened the log is gone")
        return known or given

    def signed_for(self, log_id: bytes) -> int:
        """Step 10: how many of the first records have a first signature that verifies with this log id."""
        records = (record for record in map(self.log.record, list(self.log.rows)) if record and record.index)
        return sum(verifies(key, event_statement(log_id, record.base, role, signed_at, record.event.raw), signature)
                   for record in itertools.islice(records, 64)
                   for role, key, signed_at, signature in record.signatures[:1])

    def run(self) -> None:
        expected = 0
        for index in self.log.rows:
            self.gone += index - expected
            record = self.judge(index)
            if record is None:
                self.log.dark.add(index)
                self.gone += 1
            self.time = record.time if record and index + 1 in self.log.rows else 0
            expected = index + 1

    def judge(self, index: int) -> Record | None:
        """Steps 4, 8 and 11 to 26 for one record; None if it is dark."""
        log, report, dark = self.log, self.report, index in self.log.dark
        if dark and index not in log.broken:                                        # found in step 6
            return None
        try:
            record = parse_record(log.raw(index))
        except Bad as bad:
            report.add("malformed" if index in log.broken else bad.code, index, "", bad.detail)
            return None
        verdict = Verdict(index, self.q) if dark else self.examine(index, record)
        if dark or index in log.suspects and not verdict.sound():
            report.add("altered", index, "", "the bytes are not those that the record after it names")
            return None
        fitted = self.fitted(verdict, record)
        for finding in verdict.findings:
            if not fitted or finding.code in REMARKS:
                report.add(*finding)
        if verdict.differs and any(verdict.verified):
            self.unfitted = max(self.unfitted, record.base[0])
        for what, why in verdict.skipped:
            report.skip(what, why)
        self.q = verdict.q
        if report.above(self.q, index):
            self.explained_at.add(index)
        else:
            self.remarks(verdict, record)
        event, sound = record.event, verdict.sound() and not (index == 0 and self.opening_gone)
        believed = sound and not (index == 0 and self.genesis_altered)
        self.state.add(index, record, verdict.positions, verdict.again, believed, not self.genesis_altered)
        self.has_map |= event.kind == "index_committed"
        if event.kind == "revoked" and sound and "doubt_from" in event.body:
            self.doubts.append((event.body["key"][1], event.body["doubt_from"], index))
        if index == 0 and self.genesis_altered and sound:
            report.add("altered", 0, "", "changed, and everything after it chained anew")       # step 10
        return record

    def fitted(self, verdict: Verdict, record: Record) -> bool:
        """Step 17, its end: the base was made to fit what was chained anew, and so nobody's signature verifies."""
        base = record.base[0]
        return (verdict.agrees and bool(verdict.verified) and not any(verdict.verified)
                and self.report.above(max(self.q, self.unfitted - 1), base))

    def explained(self, verdict: Verdict) -> bool:
        own = any(f.code not in REMARKS and verdict.q < (f.index or 0) <= verdict.index for f in verdict.findings)
        return own or self.report.above(verdict.q, verdict.index)

    def object(self, verdict: Verdict, code: str, subject: str, detail: str) -> None:
        """A finding that isn't one where it is explained, or where a record below is gone that could answer it."""
        if code in NOT_IF_EXPLAINED and self.explained(verdict):
            return
        if code in NOT_IF_GONE and self.gone:
            verdict.skipped.append((f"{code} at {verdict.index}", "a record below that could answer it is gone"))
        else:
            verdict.add(code, subject, detail)

    def examine(self, index: int, record: Record) -> Verdict:
        """Steps 11 to 17."""
        verdict, event, state = Verdict(index, self.q), record.event, self.state
        verdict.again = event.id in state.ids
        if index == 0 and self.opening_gone:
            self.links(verdict, record)
            return verdict
        if not verdict.again:
            log_id = self.log_id if index else ZEROS
            verdict.verified = [
                log_id is None
                or verifies(key, event_statement(log_id, record.base, role, signed_at, event.raw), signature)
                for role, key, signed_at, signature in record.signatures]
            self.base(verdict, record)
        if (event.kind == "log_opened") != (index == 0):                            # step 11
            verdict.add("malformed", event.kind, "log_opened stands at 0 and nowhere else")
        if state.closed is not None:
            verdict.add("closed", "", f"the log was closed at {state.closed}")
        if verdict.again and not self.report.above(verdict.q, index):
            verdict.add("duplicate", event.id.hex(), f"the id of record {state.ids[event.id]}")
        self.links(verdict, record)
        if not verdict.again:
            self.expiry(verdict, record)
            self.references(verdict, record)
            self.stale(verdict, record)
            self.signatures(verdict, record)
        return verdict

    def base(self, verdict: Verdict, record: Record) -> None:
        """Step 12."""
        index, log, (base, stated) = verdict.index, self.log, record.base
        if index == 0:
            if record.base != [0, ZEROS]:
                verdict.add("wrong-base", "", "the base of record 0 is [0, zeros]")
            return
        known = self.log_id if base == 0 else log.hash_at(base) if base < index else None
        if base < index and known is None:
            verdict.skipped.append((f"base of {index}", f"the hash of record {base} isn't known"))
            return
        verdict.agrees = base < index and known == stated
        verdict.differs = not verdict.agrees
        if verdict.agrees:
            if all(verdict.verified) and not log.is_gone(base) and not (base == 0 and self.genesis_altered):
                verdict.q = max(verdict.q, base)
        elif base <= verdict.q:
            verdict.add("wrong-base" if base else "wrong-log", "", f"the base is not record {base}")
        elif self.explained(verdict):
            return
        elif not all(verdict.verified):
            verdict.add("wrong-base" if base else "wrong-log", "", "the base that was signed was another")
        elif base < index and self.is_confirmed(base, index):
            verdict.add("wrong-base" if base else "wrong-log", "", "others saw what stands there")
        elif base < index:
            detail = f"who signed record {index} saw others: one of {verdict.q + 1} to {base} was changed"
            verdict.add("altered", "", detail, verdict.q + 1)
        else:
            stored = log.signed.size if log.signed else log.head[0] if log.head else 0
            verdict.add("missing" if stored > log.size else "reordered", "", f"its base, {base}, is not below it")

    def is_confirmed(self, base: int, index: int) -> bool:
        """Step 12.4: whether a record after that at `index` was signed on what stands at `base`, or on more."""
        log = self.log
        later = (log.record(at) for at in list(log.rows) if at > index and at not in log.dark)
        return any(base <= record.base[0] < record.index and log.hash_at(record.base[0]) == record.base[1]
                   and not log.is_gone(record.base[0]) and self.signatures_of(record) for record in later if record)

    def signatures_of(self, record: Record) -> bool:
        """Whether all of them verify, as far as the log id is known."""
        log_id = self.log_id if record.index else ZEROS
        return log_id is None or all(
            verifies(key, event_statement(log_id, record.base, role, signed_at, record.event.raw), signature)
            for role, key, signed_at, signature in record.signatures)

    def links(self, verdict: Verdict, record: Record) -> None:
        """Step 13."""
        wrong = ""
        for subject, link in zip(record.event.subjects, record.links, strict=True):
            count, last, last_hash = self.state.subjects.get(subject, (0, 0, ZEROS))
            if link == [count, last, last_hash]:
                continue
            newest = last if count else -1
            if self.gone and newest < link[1] < verdict.index and self.log.is_gone(link[1]):
                if self.log.hash_at(link[1]) in (None, link[2]) and link[0] >= count:
                    verdict.positions[subject] = link[0]
                    continue
            wrong = wrong or subject
        if wrong:
            self.object(verdict, "stale-link", wrong, "the link isn't the last earlier record of the subject")

    def expiry(self, verdict: Verdict, record: Record) -> None:
        """Step 14."""
        expires = record.event.expires
        if (expires == 0) != (record.event.kind in ("log_opened", "index_committed")):
            verdict.add("expired", "", "a time limit where there is none, or none where there is one")
        elif expires > min(record.time, *(signed_at for _, _, signed_at, _ in record.signatures)) + MONTH_US:
            verdict.add("expired", "", "the time limit is more than 31 days after record or first signature")
        elif expires and record.time > expires:
            verdict.add("expired", "", "recorded after the time limit")

    def references(self, verdict: Verdict, record: Record) -> None:
        """Step 15; and the path of `erased` (section 8)."""
        event, act = record.event, b""
        for ref_id, ref_hash in event.refs:
            at = self.state.ids.get(ref_id)
            act = decode(self.log.raw(at))[6] if at is not None else b""
            if not act or hashed(3, act) != ref_hash:
                self.object(verdict, "bad-ref", ref_id.hex(), "no such act stands below")
                act = b""
        if event.spec is not None and event.spec.rows == TARGET and act:
            target = parse_event(act)
            if set(event.subjects) != set(target.subjects) | {person for _, person, _ in event.people}:
                verdict.add("subjects-mismatch", "", "the subjects aren't those of the act referred to")
            if event.kind == "erased" and not is_sealed_at(target.body, event.body["path"]):
                self.object(verdict, "bad-ref", target.id.hex(), "no sealed value stands at that path")

    def stale(self, verdict: Verdict, record: Record) -> None:
        """Step 16."""
        index, base, state = verdict.index, record.base[0], self.state
        if record.event.spec is None or index == 0 or base >= index - 1:
            return
        answered = {state.ids.get(ref_id) for ref_id, _ in record.event.refs}
        for subject in sorted(record.event.guards()):
            named, moved = state.named.get(subject, array("Q")), state.moved.get(subject, array("Q"))
            above = len(named) - bisect.bisect_right(named, base)
            oldest = named[-MAX_SEARCH] if above > MAX_SEARCH else base + 1
            moves = set(moved[bisect.bisect_left(moved, oldest):]) - answered
            if moves or above > MAX_SEARCH:
                self.object(verdict, "stale-draft", subject, f"moved by {sorted(moves) or 'too many to search'}")

    # -- step 17

    def signatures(self, verdict: Verdict, record: Record) -> None:
        event, state = record.event, self.state
        wanted = {(role, person): signs for role, person, signs in event.people if signs}
        if event.spec is None:
            verdict.add("unknown-kind", event.kind, "a kind that isn't in appendix A")
            self.report.skip("unknown kinds", "what their bodies mean, move, bring and end isn't known")
        if not wanted:
            verdict.add("unsigned", "", "nobody is named to sign")
        if not wanted or verdict.index and self.log_id is None:
            return
        before = len(verdict.findings), len(verdict.skipped)
        brings = state.brought(event)
        bad: set[tuple[str, str | None]] = set()            # role, holder of the key
        for (role, key, _, _), verified in zip(record.signatures, verdict.verified, strict=True):
            holder, code = state.standing(role, key, brings)
            if not verified:
                verdict.add("bad-signature", role, f"of {holder or 'an unknown key'}, {key.hex()}")
                bad.add((role, holder))
            elif holder is None and key in state.unauthorised:
                verdict.unauthorised = True
                bad.add((role, None))
            elif code or holder is None:
                self.object(verdict, code, role, f"{key.hex()}, of {holder or 'nobody'}")
                bad.add((role, holder))
            elif (role, holder) not in wanted:
                verdict.add("foreign-signature", role, f"{holder} isn't named to sign in this role")
            else:
                verdict.good.append((role, holder, key))
        have = collections.Counter((role, person) for role, person, _ in verdict.good)
        for (role, person), signs in wanted.items():
            if have[role, person] > signs:
                verdict.add("foreign-signature", role, f"{person} signed more than {signs} times")
            elif have[role, person] < signs and not bad & {(role, person), (role, None)}:
                verdict.add("missing-signature", role, f"of {person}")
        if event.spec is None or before != (len(verdict.findings), len(verdict.skipped)):
            return
        if event.kind not in ("log_opened", "administered", "log_key_changed", "revoked"):
            for person in [person for role, person, _ in verdict.good if role == "recovery"]:
                verdict.add("foreign-signature", "recovery", f"{person}: recovery keys don't sign this kind")
        for code, detail in self.registry(verdict, event, brings) if event.spec.registry else ():
            self.object(verdict, code, "", detail)

    def registry(self, verdict: Verdict, event: Event, brings: list[Brought]) -> Iterator[tuple[str, str]]:
        """5.1 to 5.6: code and detail of what is wrong."""
        body, index, state, kind = event.body, verdict.index, self.state, event.kind
        for new in brings:                                                          # 5.2
            named = state.named.get(key_subject(new.key), ())
            if not all(self.report.above(at - 1, at) for at in named):              # else 14.7: explained
                yield "key-reused", f"{new.key.hex()} was named before"
            if not is_fit_key(new.key):
                yield "bad-key", f"{new.key.hex()} is no point of the main subgroup"
            statement = enrol_statement(self.log_id or ZEROS, new.holder, new.key)
            if "proof" in body and not verifies(new.key, statement, body["proof"]):
                yield "bad-key", "the proof of possession doesn't verify"
        fault = ""
        if kind == "log_opened":
            fault = genesis_fault(body)
            if len({new.key for new in brings}) < len(brings):
                yield "key-reused", "a key stands in two places"
        elif kind == "administered":
            repeated = len({key for _, key in event.pairs()}) < len(event.pairs())
            fault = "a key twice" if repeated else administration_fault(body, state.recovery_threshold > 0)
        elif kind == "revoked" and body.get("doubt_from", 0) > index:
            fault = "doubt_from lies above the record"
        elif kind == "index_committed" and not state.mapped < body["size"] <= index:
            fault = "the size is not above that before, or above the record's index"
        if fault:
            yield "malformed", fault
        if kind == "log_key_changed" and state.log_key_at(index) != body["old"][1]:
            yield "unknown-key", "`old` isn't the log key in force"
        if kind == "revoked":
            known = state.keys.get(body["key"][1])
            if known is None or known.holder != body["person"]:
                yield "unknown-key", "the key isn't that person's"
            elif known.key in state.ended:
                yield "revoked-key", "the key was revoked before"
        fault = policy_fault(body.get("policy", body)) if kind in ("log_opened", "policy_adopted") else ""
        if fault:
            yield "bad-policy", fault
        if not verdict.unauthorised and not self.is_enough(verdict, event, brings):
            yield "below-threshold", "fewer signed than 5.4 demands, or others"

    def is_enough(self, verdict: Verdict, event: Event, brings: list[Brought]) -> bool:
        """5.4."""
        body, state, kind, signed = event.body, self.state, event.kind, set(verdict.good)
        by_role: dict[str, set[str]] = collections.defaultdict(set)
        for role, person, _ in signed:
            by_role[role].add(person)
        if kind == "log_opened":
            return signed >= {(new.purpose, new.holder, new.key) for new in brings}
        if kind == "index_committed":
            return "log" in by_role
        if kind == "erased":
            return any(a != b for a in by_role["registrar"] for b in by_role["approver"])
        voters = {p for role, p, key in signed if role == "administrator" and state.admins.get(p) == key}
        if kind.startswith("declared."):
            return bool(voters)
        if kind == "enrolled" or kind.startswith("appointed."):
            voters.discard(body["person"])                                          # who gains doesn't count
        if kind == "administered" and not signed >= {("administrator", p, key) for p, key in event.pairs()}:
            return False
        if kind == "log_key_changed" and not body.get("lost", False):
            if ("log", "s/log", state.log_key_at(verdict.index)) not in signed:
                return False
        if 0 < state.threshold <= len(voters):
            return True
        if kind == "revoked" and "doubt_from" not in body and body["person"] in by_role["operator"]:
            return True
        verdict.break_glass = kind in ("administered", "log_key_changed", "revoked") and \
            0 < state.recovery_threshold <= len(by_role["recovery"])
        return verdict.break_glass

    # -- 14.10

    def remarks(self, verdict: Verdict, record: Record) -> None:
        """Steps 22 to 24 and 26."""
        index, event, base = verdict.index, record.event, record.base[0]
        if record.time < self.time:
            self.report.add("clock", index, "", "recorded before the record below it")
        if index and base < index - 1:
            stated = None if self.log.is_gone(base) else stated_by(self.log.raw(base))
            if index - base > OLD_BASE or stated and record.time - stated[1] > MONTH_US:
                self.report.add("old-base", index, "", f"the base is record {base}")
        for carrier in sorted(event.moves()) if event.kind in CLOSING_KINDS else []:
            document = self.state.documents.get(carrier)
            if document and document not in event.subjects:
                self.report.add("document-not-named", index, carrier, document)
        if verdict.break_glass:
            self.report.add("break-glass", index, "", "by recovery keys alone")

    def doubtful(self) -> None:
        """Step 25: reads the records from the first doubt on a second time."""
        found: dict[int, set[str]] = {}             # index -> persons
        first = min((start for _, start, _ in self.doubts), default=MAX_INT)
        for index in [index for index in self.log.rows if index >= first and not self.log.is_gone(index)]:
            record = None if index in self.explained_at else self.log.record(index)
            if record is None:
                continue
            doubted = {key for key, start, end in self.doubts if start <= index <= end}
            signers = {key for _, key, _, _ in record.signatures}
            if signers & doubted:
                found[index] = {self.state.keys[key].holder for key in signers & doubted}
            if record.event.kind == "countersigned" and signers - doubted:
                for ref_id, _ in record.event.refs:
                    found.pop(self.state.ids.get(ref_id, -1), None)
        for index, persons in found.items():
            for person in sorted(persons):
                self.report.add("doubtful", index, person, "signed with a key that was declared doubtful")

# ---------------------------------------------------------------------- 14.8 head

def check_head(log: Log, judge: Judge, tree: Tree, origin: str) -> None:
    """Step 18. `tree` is that of the known hashes, as far as they are known."""
    report, head, point, size, q = judge.report, log.head, log.signed, log.size, judge.q

    def mismatch(detail: str) -> None:
        report.add("head-mismatch", None, "head", detail)

    if log.database.faults and not log.database.table("head").keys() >= {b"last", b"head"}:
        return report.add("page-corrupt", None, "head", "its rows are lost with a page")
    if head is None or log.last is None or point is None and not judge.genesis_altered:
        return mismatch("`last` or `head` is not what section 9 says")
    if judge.genesis_altered:
        edge = [*log.last, b"".join(tree.frontier)]
        if tree.size == size and (log.last != (size, log.hash_at(size - 1)) or head[:3] != edge):
            mismatch("size, last hash or frontier aren't those of the records")
        return report.skip("head", "who signed it: the record that brought the log key was changed")
    fault = checkpoint_fault(point, origin, judge.state.log_key_at(point.size))
    if fault == NOT_SIGNED and judge.gone:
        return report.skip("head", "not signed by the log key known; a record that could have changed it is gone")
    if fault or len(point.signatures) != 1:
        return mismatch(f"the checkpoint: {fault or 'more than one signature line'}")
    if point.size > size and not report.above(q):
        report.add("truncated", size, "", f"records {size} to {point.size - 1} are gone")
    elif point.size != size:
        mismatch(f"it signs {point.size} records, there are {size}")
    elif tree.size != size:
        report.skip("head", "the root isn't known: the hash of a record is gone")
    elif point.root != tree.root():
        mismatch("it signs another root than that of the records")
        if not report.above(q):
            report.add("altered", q + 1, "", f"one of {q + 1} to {size - 1} isn't what the log signed")
    elif log.last != (size, log.hash_at(size - 1)) or head[:3] != [*log.last, b"".join(tree.frontier)]:
        mismatch("size, last hash or frontier aren't those of the records")
    return None

# ---------------------------------------------------------------------- 14.9 tables

def readable(key: bytes) -> str:
    """The key of a row, for the report: a text of the repertoire as it is, all else in hexadecimal."""
    text = key.decode("utf-8", "replace")
    return text if "/" in text and is_text(text) else key.hex()

def check_tables(log: Log, judge: Judge) -> None:
    """Step 19."""
    state, report = judge.state, judge.report
    limit = judge.q if report.above(judge.q) else 2**64
    subjects = ((subject.encode(), index, struct.pack(">QQ", count, index) + last_hash)
                for subject, (count, index, last_hash) in state.subjects.items())
    ids = ((event_id, index, index.to_bytes(8, "big")) for event_id, index in state.ids.items())
    for table, rows, cut in (("subjects", subjects, slice(8, 16)), ("ids", ids, slice(0, 8))):
        compare_table(log, report, table, rows, cut, limit)
    compare_table(log, report, "tiles", tiles(log), None, limit)

def compare_table(log: Log, report: Report, table: str, rows: Iterable[tuple[bytes, int, bytes]], cut: slice | None,
                  limit: int) -> None:
    """`rows` are key, index and value of the rows as they should be; `cut` is the part of a value that points to a
    record. Rows that point above `limit`, or to a record that is gone, aren't compared."""
    data, absent = log.database.data, 0
    if not log.database.is_there(table) and not log.database.faults:                # step 2 said so
        return
    stored = {key: (start, size) for key, start, size in log.database.rows(table)}

    def differs(key: bytes, detail: str, *indexes: int, at: int | None = None) -> None:
        if not any(index > limit or index < log.size and log.is_gone(index) for index in indexes):
            report.add("index-mismatch", at, f"{table} {readable(key)}", detail)

    for key, index, value in rows:
        start, size = stored.pop(key, (0, 0))
        row = data[start:start + size]
        if not size and log.database.faults:
            absent += 1
        elif row != value:
            pointed = int.from_bytes(row[cut], "big") if cut and size else index
            differs(key, "differs" if size else "absent", index, pointed, at=index if cut else None)
    if absent:
        report.add("page-corrupt", None, table, f"{absent} rows are lost with a page")
    for key, (start, size) in stored.items():
        last = MAX_INT                              # that the tile covers
        if not cut and len(key) == 9 and key[0] < 7:
            last = min(last, (int.from_bytes(key[1:], "big") + 1) * 256**(key[0] + 1) - 1)
        if cut or last >= log.size:                 # else a tile over hashes that aren't known
            differs(key, "no such row", int.from_bytes(data[start:start + size][cut], "big") if cut else last)

def tiles(log: Log) -> Iterator[tuple[bytes, int, bytes]]:
    """Section 9: the full tiles over the known hashes, with the last index that each covers."""
    pending: list[list[bytes]] = [[]]               # of each level
    for index, leaf in enumerate(log.known_hashes()):
        level = 0
        pending[0].append(leaf)
        while len(pending[level]) == 256:
            number = index // 256**(level + 1)
            yield bytes([level]) + number.to_bytes(8, "big"), index, b"".join(pending[level])
            pending += [[]] if level + 1 == len(pending) else []
            pending[level + 1].append(tree_of(pending[level]).root())
            pending[level] = []
            level += 1

class Roots:
    """The roots over the first m records, for ascending m, as far as the hashes are known."""

    def __init__(self, log: Log) -> None:
        self.tree, self.leaves = Tree(), log.known_hashes()

    def at(self, size: int) -> bytes | None:
        for leaf in itertools.islice(self.leaves, size - self.tree.size):
            self.tree.add(leaf)
        return self.tree.root() if self.tree.size == size else None

def check_rest(log: Log, judge: Judge, origin: str) -> None:
    """Steps 20 and 21."""
    report, database, roots = judge.report, log.database, Roots(log)
    meta = database.table("meta")
    for table in map(bytes.decode, TABLES[1:]):                                     # step 2
        if not database.is_there(table) and not database.faults:
            report.add("index-mismatch", None, table, "the table isn't there")
    if not meta and database.faults:
        report.add("page-corrupt", None, "meta", "its rows are lost with a page")
    elif meta.get(b"format") != b"1" and database.is_there("meta"):
        report.add("index-mismatch", None, "meta", "format is not 1")
    for table, names in (("meta", {b"format"}), ("head", {b"last", b"head"})):
        for key in sorted(database.table(table).keys() - names):
            report.add("foreign-data", None, table, f"a key {readable(key)}")
    for key, note in database.table("checkpoints").items() if origin and not judge.genesis_altered else ():
        try:
            point = parse_checkpoint(note)
            need(key == point.size.to_bytes(8, "big"), "its key is another size")
            fault = checkpoint_fault(point, origin, judge.state.log_key_at(point.size))
        except Bad as bad:
            fault = bad.detail
        if fault == NOT_SIGNED and judge.gone:
            report.skip("checkpoints", "a record that could have changed the log key is gone")
        elif fault:
            report.add("head-mismatch", None, f"checkpoints {key.hex()}", fault)
        elif point.size > log.size:
            if not any(finding.code == "truncated" for finding in report.findings):
                report.add("truncated", log.size, "checkpoints", f"one is of {point.size} records")
        elif roots.at(point.size) is None:
            report.skip("checkpoints", "the hash of a record isn't known")
        elif roots.at(point.size) != point.root and not report.above(judge.q):
            report.add("forked", point.size - 1, "checkpoints", "a kept checkpoint signs another beginning")

# ---------------------------------------------------------------------- 14.11 and the whole

def check_outside(log: Log, judge: Judge, origin: str, notes: list[bytes]) -> None:
    """Step 29."""
    report, roots, full = judge.report, Roots(log), False
    known = bool(origin) and not judge.genesis_altered
    points = sorted(map(parse_checkpoint, notes), key=lambda point: point.size)
    if points and not known:
        report.skip("checkpoints", "the record that brought the log key is gone or was changed")
    for point in points if known else ():
        fault = checkpoint_fault(point, origin, judge.state.log_key_at(point.size))
        need(not fault, f"an outside checkpoint is none of this log: {fault}")
        full |= point.size >= log.size
        why = "; a record `recovered` states it" if (point.size, point.root) in judge.state.lost else ""
        root = roots.at(point.size) if point.size <= log.size else None
        if point.size > log.size and log.unread_from is None:
            report.add("truncated", log.size, "checkpoint", f"an outside one is of {point.size} records{why}")
        elif root is None:
            report.skip("checkpoints", "the hash of a record isn't known")
        elif root != point.root:
            report.add("forked", point.size - 1, "checkpoint", f"an outside one signs another beginning{why}")
    if not full:
        report.skip("truncation", "no outside checkpoint of the full size was given")

def verify_database(database: Database, report: Report, given: bytes | None, notes: list[bytes]) -> dict[str, Any]:
    """14.2 step 3 to 14.11. The answer is the object of 14.1 without its two lists, which are in the report."""
    log = Log(database, report)
    judge = Judge(log, report, given)
    judge.run()
    judge.doubtful()
    empty = not log.rows and log.unread_from is None
    if empty:                                                                       # step 2
        report.add("unreadable", None, "records", "there are no records")
    tree, log_id = tree_of(log.known_hashes()), None if empty else judge.log_id
    origin = f"{judge.state.name}/{log_id.hex()}" if judge.state.name and log_id else ""
    if log.unread_from is not None:
        report.skip("head and tables", "records of an unknown version were not read")
    else:
        if origin:
            check_head(log, judge, tree, origin)
        else:
            report.skip("head and checkpoints", "record 0 isn't known, and so neither is the log key")
        check_rest(log, judge, origin)
        if log.order_found or empty:
            report.skip("tables", "records are missing or in another order")
        else:
            check_tables(log, judge)
    signed = bool(origin) and log.unread_from is None and "head" not in report.not_checked and not any(
        finding.code in ("head-mismatch", "truncated") for finding in report.findings)
    check_outside(log, judge, origin, notes)
    report.skip("sealed", "`sealed/` was not read")
    if judge.has_map:
        report.skip("map", "maps are not recomputed (section 7)")
    if judge.gone:
        report.skip("dark records", f"what {judge.gone} records said that are gone or were changed")
    if database.faults:
        report.add("page-corrupt", None, "truth/data.mdb", one_line(database.faults[0]))
    report.findings.sort(key=lambda finding: (finding.index is None, finding.index or 0))
    broken = any(finding.code not in REMARKS for finding in report.findings)
    unreadable = log.unread_from is not None or not log.rows.keys() - log.dark
    return {"log_id": log_id.hex() if log_id else None, "origin": origin,
            "trust": "pinned" if given is not None and given == log_id else "self-consistent", "size": log.size,
            "root": tree.root().hex() if signed else None,
            "integrity": "unreadable" if unreadable else "broken" if broken else "intact"}

def copy_data(path: str, copy: str) -> None:
    """Step 1: the private copy of truth/data.mdb, which nobody else can change or cut off."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as source, open(copy, "xb") as target:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise OSError(0, "no regular file")
        shutil.copyfileobj(source, target, 1 << 20)

def page_faults(copy: str) -> list[str]:
    """Step 1: what the page checker of lmdb finds in the file."""
    try:
        return [str(fault) for fault in lmdb.verify.verify(copy)]
    except (lmdb.verify.VerifyError, OSError, ValueError, OverflowError, MemoryError, struct.error) as error:
        return [str(error)]

def verify_log(path: str, given: bytes | None, notes: list[bytes]) -> tuple[Report, dict[str, Any]]:
    """14.2: opens the file, and verifies it."""
    report = Report()
    answer: dict[str, Any] = {"log_id": None, "origin": "", "trust": "self-consistent", "size": 0, "root": None,
                              "integrity": "unreadable"}
    with tempfile.TemporaryDirectory(prefix="verify-log-") as folder:
        copy = os.path.join(folder, "data.mdb")
        try:
            copy_data(os.path.join(path, "truth", "data.mdb"), copy)
            need(os.path.getsize(copy) > 0, "an empty file", "unreadable")
            with open(copy, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                database = Database(data, page_faults(copy))
                for name in sorted(database.roots.keys() - set(TABLES)):
                    report.add("foreign-data", None, readable(name), "a name that section 9 doesn't list")
                return report, verify_database(database, report, given, notes)
        except (OSError, Bad) as error:
            if isinstance(error, Bad) and error.code != "unreadable":
                raise                                   # a checkpoint that is none of this log
            report.add("unreadable", None, "truth/data.mdb", str(error))
            return report, answer

def one_line(text: str) -> str:
    """Text of uncertain origin, fit for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text) or "-"

def read_log_id(text: str) -> bytes:
    """The log id itself, or the one in the first line of a file that is called so."""
    stated = text
    if not re.fullmatch("[0-9a-f]{64}", text) and os.path.isfile(text):
        with open(text, "rb") as file:
            stated = file.read(4096).split(b"\n")[0].decode("utf-8", errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{64}", stated):
        raise ValueError("a log id is 64 lower-case hexadecimal digits, or a file whose first line they are")
    return bytes.fromhex(stated)

def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="verify_log.py", description="Verifies a log from FORMAT.md alone.")
    parser.add_argument("log", metavar="LOG", help="the directory of the log, or of a copy of it")
    parser.add_argument("--log-id", metavar="HEX|FILE",
                        help="the log id that you were given: 64 hexadecimal digits, or a file that holds them")
    parser.add_argument("--checkpoint", metavar="FILE", action="append", default=[], help="a note kept outside")
    parser.add_argument("--json", action="store_true", help="the answer as one JSON object (section 14.1)")
    options = parser.parse_args(arguments)
    try:
        given = read_log_id(options.log_id) if options.log_id is not None else None
    except (ValueError, OSError) as error:
        parser.error(str(error))
    try:
        notes = []
        for name in options.checkpoint:
            with open(name, "rb") as file:
                notes.append(file.read(MAX_NOTE + 1))
        report, answer = verify_log(options.log, given, notes)
    except (Bad, OSError) as error:
        parser.error(str(error))
    if options.json:
        findings = [finding._asdict() for finding in report.findings]
        skipped = [{"what": what, "reason": why} for what, why in report.not_checked.items()]
        print(json.dumps(answer | {"findings": findings, "not_checked": skipped}, ensure_ascii=False, indent=1))
        return 1 if findings else 0
    for finding in report.findings:
        place = "-" if finding.index is None else str(finding.index)
        print("\t".join((place, finding.code, one_line(finding.subject), one_line(finding.detail))))
    for what, why in report.not_checked.items():
        print(f"not checked: {what}: {why}")
    pinned = "the log id is the one given" if answer["trust"] == "pinned" else \
        "NOT PINNED: no log id was given" if given is None else "NOT the log that was asked for"
    print(f"verdict: {answer['integrity']}, {answer['size']} records, {len(report.findings)} findings; "
          f"log {answer['log_id'] or 'unknown'} ({pinned}); root {answer['root'] or 'unknown'}")
    return 1 if report.findings else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

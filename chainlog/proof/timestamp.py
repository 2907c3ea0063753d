"""RFC 3161 time stamps on checkpoints: asking for one, and checking one offline. Pure; needs rfc3161-client.

Format: schemas/FORMAT.md section 6. What is stamped is the text of a checkpoint, the bytes that the log key signs, last
newline included: so a token holds for every copy of the checkpoint, cosigned or not, and says that all its records stood
when the authority signed. An authority is known by certificates that the caller has from elsewhere; nothing is asked of
any network, and revocation lists are not looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chainlog.errors import FormatError, LimitError, MissingExtraError, TimestampError
from chainlog.limits import TIMESTAMP_BYTES_MAX

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_HASHES: Final = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


class Imprint(NamedTuple):
    """What a token was made for. algorithm: as `hashlib` names it. digest: of the text of a checkpoint."""

    algorithm: str
    digest: bytes

    def is_of(self, text: str) -> bool:
        """Whether this is the hash of *text*."""
        return hashlib.new(self.algorithm, text.encode()).digest() == self.digest


class TimeStamp(NamedTuple):
    """
    A token that verified.

    time_us: when the authority says that it signed. accuracy_us: by how much its clock may be off, as it says; None if it
    says nothing. authority: name in the token, or empty. serial: of the token.
    """

    time_us: int
    accuracy_us: int | None
    authority: str
    serial: int


class Authorities(NamedTuple):
    """Certificates of time stamp authorities that the caller trusts. roots: those that sign themselves, at least one."""

    roots: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]


def timestamp_request(text: str) -> bytes:
    """The request to an authority for the *text* of a checkpoint: SHA-256, a nonce, its certificate wanted too. DER."""
    client = _client()
    builder = client.TimestampRequestBuilder().data(text.encode()).hash_algorithm(client.HashAlgorithm.SHA256)
    request: bytes = builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes()
    return request


def read_imprint(response: bytes, *, name: str) -> Imprint:
    """
    What a response is for. Nothing is verified.

    Args:
        response: DER of a TimeStampResp, at most 65,536 bytes. name: of the file, for messages.

    Raises: FormatError, LimitError: no response. TimestampError: the authority refused, or its hash isn't known here.
    """
    imprint = _decoded(response, name=name).tst_info.message_imprint
    algorithm = _HASHES.get(imprint.hash_algorithm.dotted_string)
    if algorithm is None:
        raise TimestampError("of a hash that isn't taken here", detail_zh="所用散列算法不受支持", path=name)
    return Imprint(algorithm, imprint.message)


def read_authorities(files: Sequence[tuple[str, bytes]]) -> Authorities:
    """
    The certificates in PEM *files*, each (name, content).

    Raises: FormatError: none in a file. TimestampError: no certificate that signs itself is among them.
    """
    _client()
    from cryptography import x509  # noqa: PLC0415 - comes with the extra

    found: list[Certificate] = []
    for name, data in files:
        try:
            found += x509.load_pem_x509_certificates(data)
        except ValueError as error:
            raise FormatError("no certificates in PEM", detail_zh="不是 PEM 证书", path=name) from error
    certificates = tuple(dict.fromkeys(found))
    roots = tuple(one for one in certificates if one.issuer == one.subject)
    if not roots:
        raise TimestampError(
            "a certificate that signs itself is wanted, the authority's root",
            detail_zh="需要根证书（自签名）",
            path=files[0][0] if files else "",
        )
    return Authorities(roots, tuple(one for one in certificates if one not in roots))


def verify_timestamp(response: bytes, text: str, authorities: Authorities, *, name: str) -> TimeStamp:
    """
    What an authority said of the *text* of a checkpoint.

    Args:
        response: as for `read_imprint`. name: of the file, for messages.

    Returns:
        The time, believed as far as the authority is. Its certificates were valid then; whether one was revoked isn't asked.

    Raises:
        TimestampError: of other bytes, not signed by any of *authorities*, not by a certificate for time stamps.
        FormatError, LimitError: as `read_imprint`.
    """
    client = _client()
    imprint = read_imprint(response, name=name)
    if not imprint.is_of(text):
        raise TimestampError("it is of another checkpoint", detail_zh="不是该日志头的时间戳", path=name)
    decoded = _decoded(response, name=name)
    builder = client.VerifierBuilder(roots=list(authorities.roots), intermediates=list(authorities.intermediates))
    try:
        builder.build().verify(decoded, imprint.digest)
    except (client.VerificationError, ValueError) as error:
        raise TimestampError(
            "it isn't signed by an authority that was given", detail_zh="不是所给时间戳机构签发的", path=name
        ) from error
    info = decoded.tst_info
    return TimeStamp(
        time_us=int(info.gen_time.timestamp()) * 1_000_000 + info.gen_time.microsecond,
        accuracy_us=_accuracy_us(info.accuracy),
        authority=_authority(info.name),
        serial=info.serial_number,
    )


def _accuracy_us(accuracy: Any) -> int | None:
    if accuracy is None:
        return None
    return (accuracy.seconds or 0) * 1_000_000 + (accuracy.millis or 0) * 1_000 + (accuracy.micros or 0)


def _authority(name: Any) -> str:
    """The name in a token as text."""
    value: Any = getattr(name, "value", None)
    return str(value.rfc4514_string()) if hasattr(value, "rfc4514_string") else ""


def _decoded(response: bytes, *, name: str) -> Any:
    if len(response) > TIMESTAMP_BYTES_MAX:
        raise LimitError(f"{len(response)} bytes", limit=TIMESTAMP_BYTES_MAX, path=name)
    client = _client()
    try:
        decoded = client.decode_timestamp_response(response)
        granted = decoded.status == 0 and decoded.tst_info is not None
    except ValueError as error:
        raise FormatError("no answer of a time stamp authority", detail_zh="不是时间戳机构的应答", path=name) from error
    if not granted:
        raise TimestampError("the authority refused", detail_zh="时间戳机构拒绝签发", path=name)
    return decoded


def _client() -> Any:
    try:
        import rfc3161_client  # noqa: PLC0415 - an extra, loaded where it is needed
    except ImportError as error:
        raise MissingExtraError(extra="timestamp") from error
    return rfc3161_client

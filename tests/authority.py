"""A time stamp authority for tests, made of `openssl`: a root, a certificate for time stamps, and its clock is the machine's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = set by -subj
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
[answers]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256,sha512
accuracy = secs:1,millisecs:500
tsa_name = yes
ess_cert_id_alg = sha256
"""
_TERSE = _CONFIG.replace("accuracy = secs:1,millisecs:500\ntsa_name = yes\n", "")
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "config")


class Authority:
    """Answers requests. directory: gets its keys and certificates. terse: its answers hold what they must, and no more."""

    def __init__(self, directory: Path, *, terse: bool = False) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed: it makes the time stamp authority of the tests")
        directory.mkdir(parents=True)
        self._directory = directory
        (directory / "config").write_text(_TERSE if terse else _CONFIG, encoding="utf-8")
        (directory / "serial").write_text("01\n", encoding="utf-8")
        self._openssl("req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Root", "-days", "9999",
                      "-extensions", "ca")  # fmt: skip
        self._openssl("req", *_KEY, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Clock")
        self._openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7", "-days", "9999",
                      "-extfile", "config", "-extensions", "tsa", "-out", "tsa.pem")  # fmt: skip
        self.certificate = directory / "ca.pem"

    def _openssl(self, *arguments: str) -> str:
        done = subprocess.run(["openssl", *arguments], cwd=self._directory, check=True, capture_output=True, text=True)
        return done.stdout

    def answer(self, request: bytes) -> bytes:
        """The TimeStampResp to a request."""
        (self._directory / "request").write_bytes(request)
        self._openssl("ts", "-reply", "-queryfile", "request", "-config", "config", "-section", "answers",
                      "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "answer")  # fmt: skip
        return (self._directory / "answer").read_bytes()

    def read_request(self, request: bytes) -> str:
        """What openssl reads in a request."""
        (self._directory / "request").write_bytes(request)
        return self._openssl("ts", "-query", "-in", "request", "-text")

    def request_for(self, data: bytes, *, algorithm: str = "sha256", wanted: str = "-cert") -> bytes:
        """A request as openssl makes it."""
        (self._directory / "data").write_bytes(data)
        self._openssl("ts", "-query", "-data", "data", f"-{algorithm}", wanted, "-out", "request")
        return (self._directory / "request").read_bytes()

    def accepts(self, answer: bytes, data: bytes) -> bool:
        """Whether openssl verifies an answer."""
        (self._directory / "answer").write_bytes(answer)
        (self._directory / "data").write_bytes(data)
        command = ["openssl", "ts", "-verify", "-data", "data", "-in", "answer", "-CAfile", "ca.pem"]
        return subprocess.run(command, cwd=self._directory, check=False, capture_output=True).returncode == 0

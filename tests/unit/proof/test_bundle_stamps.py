"""Time stamps in a bundle: bound to its checkpoint always, verified where the authority is known."""

from __future__ import annotations

import json
from hashlib import sha256, sha512

import pytest

from chainlog.errors import BundleError
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.timestamp import read_authorities, timestamp_request
from chainlog.tree.note import parse_note
from tests.authority import Authority
from tests.command_line import office
from tools.fixed_bundle import bundle_of, commit_map, told_log

pytest.importorskip("rfc3161_client", reason="the extra `timestamp` is not installed")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "a")


def known(*authorities):
    return read_authorities([(str(one.certificate), one.certificate.read_bytes()) for one in authorities])


def test_a_token_is_verified_where_its_authority_is_known(authority, tmp_path):
    log = told_log()
    parts = bundle_of(log, ["c/87"], committed=commit_map(log))
    token = authority.answer(timestamp_request(parse_note(parts.checkpoint).text))
    data = parts.but(tokens=[token]).encoded()
    unasked = check_bundle(data, log_id=log.id)
    assert (unasked.tokens, unasked.time_stamps, unasked.authenticity) == ((token,), (), "genuine")
    assert "time stamps" in dict(unasked.not_checked)
    report = check_bundle(data, log_id=log.id, authorities=known(authority))
    assert len(report.time_stamps) == 1
    assert not {"time stamps", "no time stamp"} & set(dict(report.not_checked))
    other = Authority(tmp_path / "b")
    with pytest.raises(BundleError) as caught:
        check_bundle(data, log_id=log.id, authorities=known(other))
    assert caught.value.finding == "time-stamp"
    foreign = authority.answer(timestamp_request("draft.other\n1\nx\n"))
    with pytest.raises(BundleError) as caught:
        check_bundle(parts.but(tokens=[foreign]).encoded(), log_id=log.id)
    assert caught.value.finding == "undemanded"
    # With the hash that is wanted pasted behind it: nobody is fooled who knows the authority.
    stated = parse_note(parts.checkpoint).text.encode()
    for pasted in (foreign + sha256(stated).digest(), sha512(stated).digest()):
        data = parts.but(tokens=[pasted]).encoded()
        assert "time stamps" in dict(check_bundle(data, log_id=log.id).not_checked)
        with pytest.raises(BundleError) as caught:
            check_bundle(data, log_id=log.id, authorities=known(authority))
        assert caught.value.finding == "time-stamp"


def test_on_the_command_line(authority, tmp_path):
    with office(tmp_path) as terminal:
        head = json.loads(terminal.run("checkpoint", "office.log", "--json").out)["note"]
        (tmp_path / "head").write_text(head, encoding="utf-8")
        text = parse_note(head.encode()).text
        (tmp_path / "head.tsr").write_bytes(authority.answer(timestamp_request(text)))
        made = terminal.run(
            "bundle", "make", "office.log", "p/李敏", "--out", "b", "--checkpoint", "head", "--token", "head.tsr"
        )
        assert made.status == 0, made.err
        verify = ("bundle", "verify", "b", "--tsa-cert", str(authority.certificate))
        answer = json.loads(terminal.run(*verify, "--json").out)
        assert len(answer["time_stamps"]) == 1
        assert "时间戳" in terminal.run(*verify).out

"""Questions that can't be answered as put are refused with what may be asked; none reads as a clean bill."""

from __future__ import annotations

import pytest

from tests.command_line import office


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    with office(tmp_path_factory.mktemp("questions")) as made:
        yield made


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        ("findings office.log --as-of 2020-01-01", "到 2020-01-01 为止还没有记录：日志从 2026-01-01", "nothing was recorded by 2020-01-01"),
        ("due office.log --as-of 2020-01-01", "还没有记录", "nothing was recorded by 2020-01-01"),
        ("report office.log --as-of 2020-01-01", "还没有记录", "nothing was recorded by 2020-01-01"),
        ("rules DES-12", "DES-12 不是规则，是须由人查问的事项", "DES-12 is no rule but a question for a person"),
        ("findings office.log --rule des-12", "是须由人查问的事项", "a question for a person"),
        ("policy office.log template --profile nowhere", "内置的有 coop、", "there are coop, "),
        ("policy office.log show --all --at 2026-01-01", "--at 与 --all 不能同用", "--at and --all exclude each other"),
        ("report office.log --html none/x.html --no-verify", "none/x.html：文件或目录不存在", "none/x.html: No such file"),
        ("report office.log --limit -1", "应为 0 至 100000 的整数", "-1 is not in the range"),
        ("report office.log --limit x", "应为 0 至 100000 的整数", "not a valid integer"),
        ("custody office.log --as-of -1", "应为不小于 0 的整数", "-1 is not in the range"),
        ("findings office.log --severity 错", "critical（严重）、high（较重）", "is not one of 'critical', 'high'"),
    ],
)  # fmt: skip
def test_what_may_be_asked_is_said(terminal, line: str, zh: str, en: str):
    for lang, words in (("zh", zh), ("en", en)):
        said = terminal.run(*line.split(" "), "--lang", lang)
        assert said.status == 2, said
        assert words in said.err, said


def test_gravity_and_state_are_asked_for_in_chinese_too(terminal):
    line = (
        '{"kind":"created.entered","who":{"registrar":"p/李敏"},"level":"秘密","reason":"other","items":[{"carrier":"c/1","form":"document"}]}\n'
        '{"kind":"transferred.circulate","who":{"giver":"p/陈明","receiver":"p/赵强"},"on":["c/1"],"mode":"face_to_face","at":"2026-01-01 09:00"}\n'
    )
    (terminal.directory / "lines").write_text(line, encoding="utf-8")
    keys = [word for name in ("李敏", "陈明", "赵强") for word in ("--key", f"keys/{name}.key")]
    assert terminal.run("append", "office.log", "lines", *keys).status == 0
    asked = [("严重", "未纠正"), ("critical", "open")]
    found = [terminal.run("findings", "office.log", "--severity", s, "--state", t, "--json") for s, t in asked]
    assert found[0].status == 1
    assert '"code": "TRN-4"' in found[0].out
    assert [one.out.count('"severity": "critical"') for one in found] == [len(one.out.splitlines()) for one in found]
    assert len(found[0].out.splitlines()) == len(found[1].out.splitlines())

"""The registry as rules ask for it: persons, posts, units, places, meetings, calendars, keys, policies."""

from __future__ import annotations

import pytest

from chainlog.projection.people import People
from chainlog.projection.standard import standard_projections
from chainlog.record.statement import EnrolStatement
from tests.builders import ADMINISTRATORS
from tests.scenarios import Story, local
from tests.signers import signer


@pytest.fixture
def story():
    return Story(["李敏", "赵强"])


def test_posts_count_by_the_day_in_the_log_s_zone(story):
    index = story.office(
        "02-01 09:00", "appointed.post", person="p/李敏", post="registrar", over="u/镇", valid_from="2025-03-01",
        valid_to="2025-03-31", document_no="镇任〔2025〕1号",
    )  # fmt: skip
    people = story.people()
    (post,) = people.posts_at("p/李敏")
    assert (post.post, post.over, post.index, post.document_no) == ("registrar", "u/镇", index, "镇任〔2025〕1号")
    assert [people.has_post("p/李敏", ["registrar", "clerk"], us) for us in (
        local("03-01") - 1, local("03-01"), local("04-01") - 1, local("04-01"),
    )] == [False, True, True, False]  # fmt: skip
    assert people.holders_of("registrar", at_us=local("03-15")) == ["p/李敏"]
    assert people.holders_of("registrar", over="u/镇") == ["p/李敏"]
    assert people.holders_of("registrar", over="u/县") == people.holders_of("clerk") == []
    assert people.posts_at("p/李敏", at_us=local("03-15"), index=index - 1) == []
    assert people.posts_at("p/无") == []
    assert not people.has_post("p/李敏", ["clerk"], local("03-15"))


def test_a_dismissal_ends_what_it_names(story):
    for post in ("registrar", "clerk"):
        story.office(
            "02-01 09:00", "appointed.post", id=post, person="p/李敏", post=post, over="u/镇", valid_from="2025-01-01"
        )
    story.office(
        "02-01 09:00",
        "appointed.level",
        id="level",
        person="p/李敏",
        what="clearance",
        level="机密",
        valid_from="2025-01-01",
    )
    ended = story.office("05-01 09:00", "dismissed", person="p/李敏", refs=["registrar"])
    people = story.people()

    def posts(**moment):
        return [post.post for post in people.posts_at("p/李敏", **moment)]

    assert posts(at_us=local("04-30")) == ["registrar", "clerk"]
    assert posts(at_us=local("05-02")) == ["clerk"]
    assert posts(at_us=local("05-02"), index=ended - 1) == ["registrar", "clerk"]
    assert posts() == ["registrar", "clerk"]
    assert people.clearance("p/李敏", local("05-02")) == "机密"
    story.office("06-01 09:00", "dismissed", person="p/李敏")
    people = story.people()
    assert posts(at_us=local("06-02")) == []
    assert people.clearance("p/李敏", local("06-02")) == "机密"
    story.office("07-01 09:00", "dismissed", person="p/李敏", refs=["level"])
    people = story.people()
    assert people.clearance("p/李敏", local("07-02")) is None


def test_leaving_ends_all_posts_and_coming_back_begins_new_ones(story):
    story.office(
        "02-01 09:00", "appointed.post", person="p/李敏", post="registrar", over="u/镇", valid_from="2025-01-01"
    )
    index = story.office("08-31 18:00", "departed", person="p/李敏", reason="退休")
    story.office("10-01 09:00", "appointed.post", person="p/李敏", post="clerk", over="u/镇", valid_from="2025-10-01")
    people = story.people()
    assert people.departed_us("p/李敏") == (local("08-31 18:00") + 59_999_999, index)
    assert people.departed_us("p/赵强") is None
    assert [
        people.has_post("p/李敏", ["registrar"], us) for us in (local("08-31 18:00") - 1, local("08-31 18:00"))
    ] == [True, False]
    assert people.has_post("p/李敏", ["clerk"], local("10-02"))
    assert people.person("p/李敏").departures[0].reason == "退休"


def test_a_departure_entered_late_ends_no_later_post(story):
    story.office("10-01 09:00", "appointed.post", person="p/李敏", post="clerk", over="u/镇", valid_from="2025-10-01")
    story.office("08-31 18:00", "departed", person="p/李敏", reason="调离", recorded="10-05")
    assert story.people().has_post("p/李敏", ["clerk"], local("10-02"))


def test_levels_and_credentials(story):
    for level, day in (("秘密", "2025-01-01"), ("机密", "2025-06-01")):
        story.office("01-02 09:00", "appointed.level", person="p/李敏", what="clearance", level=level, valid_from=day)
    story.office(
        "01-02 09:00",
        "appointed.level",
        person="p/李敏",
        what="authority",
        level="秘密",
        valid_from="2025-01-01",
        valid_to="2025-01-31",
    )
    story.office(
        "01-02 09:00",
        "appointed.credential",
        person="p/李敏",
        what="training",
        valid_from="2025-01-01",
        valid_to="2025-12-31",
    )
    people = story.people()
    assert [people.clearance("p/李敏", local(day)) for day in ("02-01", "06-01")] == ["秘密", "机密"]
    assert [people.authority("p/李敏", local(day)) for day in ("01-31 23:59", "02-01")] == ["秘密", None]
    person = people.person("p/李敏")
    assert [one.what for one in person.credentials("training", at_us=local("12-31 23:00"))] == ["training"]
    assert person.credentials("training", at_us=local("2026-01-01")) == []
    assert person.credentials("certificate") == []
    assert people.clearance("p/赵强", local("02-01")) is None


def test_names_and_units_over_time(story):
    story.office("02-01 09:00", "declared.unit", unit="u/办", name="党政办", type="section", parent="u/镇")
    story.office("02-01 09:00", "declared.unit", unit="u/县", name="县局", type="superior")
    story.office("02-02 09:00", "declared.person", person="p/李敏", name="李敏", unit="u/办")
    story.office("06-01 09:00", "declared.person", person="p/李敏", name="李敏", unit="u/县")
    people = story.people()
    person = people.person("p/李敏")
    assert (person.name(), person.unit(), person.unit(at_us=local("03-01")), person.unit(at_us=local("01-01"))) == (
        "李敏", "u/县", "u/办", "u/办",
    )  # fmt: skip
    assert [people.is_insider("p/李敏", at_us=local(day)) for day in ("03-01", "07-01")] == [True, False]
    assert people.is_insider("p/赵强") is None
    assert people.members("u/镇", at_us=local("03-01")) == ["p/李敏"]
    assert people.members("u/镇") == []
    assert {one.subject for one in people.persons()} >= {"p/李敏", "p/赵强", *ADMINISTRATORS}
    assert people.person("p/赵强").name() is None


def test_units_that_stand_in_a_ring(story):
    for one, other in (("u/甲", "u/乙"), ("u/乙", "u/甲")):
        story.office("02-01 09:00", "declared.unit", unit=one, name="环", type="peer", parent=other)
    story.office("02-02 09:00", "declared.person", person="p/李敏", name="李敏", unit="u/甲")
    assert story.people().members("u/镇") == []


def test_places_and_units_count_while_they_are_valid(story):
    story.office("02-01 09:00", "declared.place", place="w/库", name="库", type="office")
    story.office(
        "02-01 10:00",
        "declared.place",
        place="w/库",
        name="库",
        type="secure_room",
        max_level="机密",
        valid_from="2025-06-01",
    )
    story.office(
        "02-01 09:00",
        "declared.unit",
        unit="u/毁",
        name="毁",
        type="destroyer",
        designated=["destroy"],
        valid_to="2025-12-31",
    )
    people = story.people()
    assert [people.place_type("w/库", local(day)) for day in ("03-01", "06-01")] == ["office", "secure_room"]
    assert people.place("w/库").max_level == "机密"
    assert people.place_type("w/无", local("03-01")) is None
    assert [people.unit_designated("u/毁", act, local("03-01")) for act in ("destroy", "print")] == [True, False]
    assert not people.unit_designated("u/毁", "destroy", local("2026-01-01"))
    assert people.unit("u/毁", at_us=local("2026-01-01")) is None
    assert [declared.kind for declared in people.declarations("w/库")] == ["declared.place"] * 2


def test_the_name_of_a_place_may_be_corrected(story):
    story.office("02-01 09:00", "declared.place", id="w", place="w/库", name="旧", type="office")
    who = {"registrar": "李敏", "approver": "赵强"}
    story.tell("03-01 09:00", "corrected.field", who=who, refs=["w"], field="name", old='"旧"', new='"新"', reason="改")
    assert story.people().place("w/库").name == "新"
    story.tell("03-02 09:00", "corrected.field", who=who, refs=["w"], field="name", old='"新"', new="{", reason="改")
    story.tell("03-02 09:00", "checked.fetch", id="f", who={"operator": "李敏"}, station="u/站", count=1)
    story.tell("03-02 09:00", "corrected.field", who=who, refs=["f"], field="name", old='"x"', new='"y"', reason="改")
    assert story.people().place("w/库").name == "新"


def test_keys(story):
    story.office(
        "03-01 09:00", "revoked", person="p/李敏", key=(1, signer("p/李敏").public_key), reason="lost", doubt_from=2
    )
    people = story.people()
    (key,) = people.person("p/李敏").keys
    assert (key.since_index, key.until_index, key.reason, key.doubt_from, key.purpose) == (1, 3, "lost", 2, "person")
    administrator = people.person("p/A1").keys
    assert [(one.since_index, one.until_index, one.purpose) for one in administrator] == [(0, None, "administrator")]
    second = signer("second key")
    proof = second.sign_enrolment(EnrolStatement(story.handle.id, "p/李敏", 1, second.public_key))
    story.office("03-02 09:00", "enrolled", person="p/李敏", key=(1, second.public_key), proof=proof)
    assert [one.until_index for one in story.people().person("p/李敏").keys] == [3, None]


def test_administrators_change(story):
    new = {**{name: signer(name) for name in ADMINISTRATORS[:2]}, "p/A9": signer("p/A9")}
    body = {"administrators": [[name, (1, key.public_key)] for name, key in new.items()], "threshold": 2}
    people = {"administrator": [*ADMINISTRATORS[:2], "p/A9"]}
    story.handle.record_event("administered", body=body, people=people, signers=new)
    found = story.people()
    kept, gone, came = (found.person(name).keys for name in ("p/A1", "p/A3", "p/A9"))
    assert [(one.since_index, one.until_index) for one in kept] == [(0, None)]
    assert [(one.since_index, one.until_index, one.reason) for one in gone] == [(0, 3, "administered")]
    assert [(one.since_index, one.until_index) for one in came] == [(3, None)]


def test_meetings_calendars_and_policies(story):
    story.office(
        "02-01 09:00",
        "declared.meeting",
        list="l/会",
        starts_at="03-02 09:00",
        ends_at="03-02 11:00",
        attendees=["p/李敏"],
        place="w/厅",
    )
    story.office(
        "02-01 09:00",
        "declared.calendar",
        on=["s/log"],
        year=2025,
        holidays=[["国庆", "2025-10-01", "2025-10-08"]],
        workdays=["2025-09-28"],
    )
    story.office(
        "02-01 09:00", "policy_adopted", profile="township", version="2", effective_at="06-01 00:00",
        parameters=[["min.supervisors", ["3"]]], refuse=[],
    )  # fmt: skip
    people = story.people()
    meeting = people.meeting("l/会")
    assert (meeting.starts_us, meeting.attendees, meeting.place) == (local("03-02 09:00"), ("p/李敏",), "w/厅")
    assert people.attendees("l/无") == ()
    calendar = people.calendar(2025)
    assert (calendar.holidays, calendar.workdays) == ((("国庆", "2025-10-01", "2025-10-08"),), ("2025-09-28",))
    assert people.calendar(2026) is None
    first, second = people.policies()
    assert (first.index, first.profile, dict(first.parameters)) == (0, "township", {"min.supervisors": ("2",)})
    assert (second.version, dict(second.parameters)["min.supervisors"]) == ("2", ("3",))
    assert (people.log_row().unit, people.log_row().utc_offset_minutes) == ("u/镇", 480)


def test_one_by_one_or_at_once_it_is_the_same(story):
    follower = standard_projections(story.reader)
    for day in range(1, 9):
        story.office(
            f"02-0{day} 09:00",
            "appointed.post",
            id=f"{day}",
            person="p/李敏",
            post="clerk",
            over="u/镇",
            valid_from="2025-01-01",
        )
        story.office(f"02-0{day} 10:00", "declared.unit", unit="u/办", name=f"{day}", type="section")
        if day % 3 == 0:
            story.office(f"02-0{day} 11:00", "dismissed", person="p/李敏", refs=[str(day)])
        follower.catch_up("people")
    story.projections.catch_up("people")
    names = ("people.persons", "people.declared", "people.log")
    with follower.kv.read() as one, story.projections.kv.read() as other:
        for name in names:
            assert list(one.table(name).scan()) == list(other.table(name).scan())
        assert len(People(one).posts_at("p/李敏")) == 8

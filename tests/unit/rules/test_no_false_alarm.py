"""Lawful acts that look like unlawful ones, each beside one that is unlawful: only the latter is found."""

from __future__ import annotations

from tests.hand_outs import back, hand, route, scope
from tests.offices import Office, receive, register

COPIER = {"operator": "秦", "registrar": "李敏"}


def copied(office: Office, parent: str, child: str, method: str, at: str, **rest: object) -> int:
    return office.tell(
        at, "copied.made", on=[parent, child], who=COPIER, method=method, parents=[parent],
        items=[{"carrier": child, "form": "document"}], **{"level": "秘密", **rest},
    )  # fmt: skip


def permitted(office: Office, on: str, act: str, name: str, at: str = "03-03 09:30", **rest: object) -> int:
    who = rest.pop("who", {"approver": "何副书记"})
    return office.tell(at, "decided.permit", on=[on], who=who, id=name, step="approved", act=act, **rest)


def test_a_return_that_names_its_document():
    """KNW-2: what is called back from a unit names the document too, which nobody holds."""
    office = Office()
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    register(office, "03-03 09:10", "d/1")
    scope(office, "03-03 09:20", "d/1", persons=["p/陈"])
    hand(office, "03-03 10:00", "陈", "c/1")
    people = {"giver": "孙", "receiver": "李敏"}
    office.tell("03-03 11:00", "returned.to_keeper", on=["c/1", "d/1"], who=people, reason="recall")
    assert office.found("KNW-2") == [("KNW-2", "c/1")]


def test_who_had_another_copy_has_read():
    """CIR-6: 陈 stands before 孙, and gets the second copy after him: in order if he had the first one before."""
    for had_it in (True, False):
        office = Office({"within.after_last_reader": "1d", "posts.circulate": "registrar"})
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        register(office, "03-03 09:10", "d/1", on=["c/1", "c/2"])
        route(office, "03-03 09:20", "d/1", "陈", "孙")
        if had_it:
            hand(office, "03-03 10:00", "陈", "c/1")
            back(office, "03-03 10:10", "陈", "c/1")
        hand(office, "03-03 10:20", "孙", "c/2")
        back(office, "03-03 10:30", "孙", "c/2")
        hand(office, "03-03 10:40", "陈", "c/2")
        back(office, "03-03 10:50", "陈", "c/2")
        assert office.found("CIR-6") == ([] if had_it else [("CIR-6", "c/2")])


def test_a_used_permit_to_copy_permits_no_extract():
    """CIR-7: a permit to copy covers an extract, unless a copying before rests on it."""
    office = Office()
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    for number in (1, 2, 3):
        permitted(office, f"c/{number}", "copy", f"k{number}")
    copied(office, "c/1", "c/1A", "copy", "03-03 10:00", refs=["k1"])
    copied(office, "c/1", "c/1B", "excerpt", "03-03 11:00")
    copied(office, "c/2", "c/2B", "excerpt", "03-03 11:00")
    copied(office, "c/3", "c/3A", "copy", "03-03 10:00", refs=["k3"])
    copied(office, "c/3", "c/3B", "excerpt", "03-03 11:00", refs=["k3"])
    assert office.found("CIR-7") == [("CIR-7", "c/1B")]


def test_a_volume_is_not_given():
    """TRN-4: of two papers filed one after the other, the archivist has the volume by the second."""
    office = Office(posts={"赵强": "archivist"})
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    office.tell("03-04 09:00", "created.entered", on=["c/卷"], who={"registrar": "赵强"}, level="秘密", reason="volume",
                items=[{"carrier": "c/卷", "form": "volume"}])  # fmt: skip
    for number, giver in ((1, "李敏"), (2, "李敏"), (3, "王宁")):
        office.tell(f"03-04 10:0{number}", "transferred.archive", on=[f"c/{number}", "c/卷"], who={"giver": giver, "receiver": "赵强"},
                    volume="c/卷", file_no=str(number))  # fmt: skip
    assert office.found("TRN-4") == [("TRN-4", "c/3")]


def test_archives_are_consulted_where_the_policy_says():
    """RDG-1: top secret is consulted in the archive room, where a policy says so; it is read in a reading room."""
    for consulted, found in (({"places.consult": "archive"}, ["c/2"]), ({}, ["c/1", "c/2"])):
        office = Office({"places.read.绝密": ["reading_room"], **consulted})
        receive(office, "03-03 09:00", ["c/1"], "d/1", level="绝密")
        receive(office, "03-03 09:00", ["c/2"], "d/2", level="绝密")
        for carrier, how in (("c/1", "consult"), ("c/2", "read")):
            office.tell(
                "03-04 09:00",
                "accessed.read",
                on=[carrier],
                who={"reader": "陈", "registrar": "李敏"},
                how=how,
                place="w/档案室",
            )
        assert office.found("RDG-1") == [("RDG-1", one) for one in found]


def test_consent_counts_beside_the_permit_that_is_referred_to():
    """CPY-1: an act refers to the leader's permit; the issuer consented before."""
    office = Office({"copy.top_secret": "consent"})
    for number in (1, 2):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level="绝密")
        register(office, "03-03 09:10", f"d/{number}", on=[f"c/{number}"], serial=number, level="绝密", term="30年")
        permitted(office, f"c/{number}", "copy", f"k{number}")
    permitted(office, "c/1", "copy", "consent", at="03-03 09:20", who={"registrar": "李敏"}, by="u/省委")
    for number in (1, 2):
        copied(office, f"c/{number}", f"c/{number}A", "copy", "03-03 10:00", refs=[f"k{number}"], level="绝密")
    assert office.found("CPY-1") == [("CPY-1", "c/2A")]


def test_a_slip_is_as_the_register_was():
    """RCV-5: a title that is corrected afterwards makes no slip wrong that had the old one; a third title is wrong."""
    office = Office()
    for number, header in ((1, "通知"), (2, "通报"), (3, "通告")):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
        office.tell(
            "03-03 09:10", "registered.document", on=[f"d/{number}"], who={"registrar": "李敏"}, id=f"r{number}", register="收文",
            serial=number, document={"title": "通知", "issuer": "u/省委", "level": "秘密"},
        )  # fmt: skip
        office.tell(
            "03-03 09:20",
            "decided.route",
            on=[f"d/{number}"],
            who={"proposer": "李敏"},
            step="proposed",
            slip_header=header,
        )
        office.tell(
            "03-04 09:00", "corrected.field", on=[f"d/{number}"], who={"registrar": "李敏", "approver": "王宁"}, refs=[f"r{number}"],
            field="document.title", old='"通知"', new='"通报"', reason="笔误",
        )  # fmt: skip
    assert office.found("RCV-5") == [("RCV-5", "d/3")]


def test_what_may_still_come_in_time_is_not_missing():
    """NUM-3: registered by the evening, receipted in fifteen days; without such terms both are asked for at once."""
    terms = {"within.register": "0d", "within.receipt.post": "15d"}
    for given in (terms, {}):
        office = Office({"strict.NUM-3": "yes", **given})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        receive(office, "03-03 09:00", ["c/2"], "d/2")
        register(office, "03-03 09:10", "d/2", on=["c/2"])
        office.tell("03-03 10:00", "checked.count", on=["d/2"], who={"registrar": "李敏"}, expected=1, actual=1)
        office.tell(
            "03-04 09:00",
            "transferred.dispatch",
            on=["c/2", "d/2"],
            who={"giver": "李敏"},
            to="u/甲村",
            channel="confidential_post",
        )
        early = [] if given else ["d/1"]
        assert [subject for _, subject in office.found("NUM-3", as_of="03-03 12:00")] == early
        assert [subject for _, subject in office.found("NUM-3", as_of="03-19 23:00")] == [
            "d/1",
            *([] if given else ["d/2"]),
        ]
        assert [subject for _, subject in office.found("NUM-3", as_of="03-20")] == ["d/1", "d/2"]


def test_a_consent_is_no_approval_of_ones_own():
    """CPY-4: what the issuer agreed to, nobody here approved; where the policy names who approves, that is asked for too."""
    for posts, found in (({"posts.permit.copy": ["responsible_leader"]}, [("CPY-4", "c/1A")]), ({}, [])):
        office = Office(posts)
        for number in (1, 2):
            receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level="绝密")
            permitted(office, f"c/{number}", "copy", f"consent{number}", who={"registrar": "李敏"}, by="u/省委")
        permitted(office, "c/2", "copy", "own")
        copied(office, "c/1", "c/1A", "copy", "03-03 10:00", refs=["consent1"], level="绝密")
        copied(office, "c/2", "c/2A", "copy", "03-03 10:00", refs=["consent2"], level="绝密")
        assert office.found("CPY-4") == found


def test_a_difference_may_be_reported_in_time():
    """RCV-2: within the term for differences, or on the day of registering; at once where the policy has neither."""
    for terms, last in (
        ({"within.discrepancy": "24h", "within.register": "0d"}, "03-04 09:00"),
        ({"within.register": "0d"}, "03-03 23:59"),
        ({}, ""),
    ):
        office = Office(terms)
        receive(office, "03-03 09:00", ["c/1"], "d/1", listed=2)
        receive(office, "03-03 09:00", ["c/2"], "d/2", seal="broken")
        both = [("RCV-2", "c/1"), ("RCV-2", "c/2")]
        assert office.found("RCV-2", as_of=last or "03-03 09:01") == ([] if last else both)
        assert office.found("RCV-2", as_of="03-04 09:02") == both

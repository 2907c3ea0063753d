"""Two offices under a policy that asks for everything: in the careful one nothing is found, in the careless one every rule is broken."""

from __future__ import annotations

from tests.offices import Office, receive, register
from tests.own_documents import classify, enter, make, mark, permit, send

POLICY = {
    "cap.秘密": "10年", "cap.机密": "20年", "cap.绝密": "30年", "copy_no.from": "机密", "mark.positions": "top_left", "within.mark": "1d",
    "within.remark": "10wd", "within.byproduct": "3wd", "within.store_text": "10d", "posts.permit.make": "principal_leader",
    "posts.make": ["clerk", "registrar"], "posts.classify.approved": "responsible_leader", "distinct.classify": "proposer+reviewer+approver",
    "places.make": ["print_room", "print_site"], "places.make_inside": "print_room", "strict.CLS-6": "yes", "strict.CLS-11": "yes",
    "strict.MRK-6": "yes", "strict.NUM-3": "yes", "strict.NUM-4": "yes", "strict.MAK-6": "yes",
    "strict.MAK-10": "yes",
}  # fmt: skip
CHAPTERS = ("CLS", "MRK", "NUM", "MAK")
BOTH = {"operator": "赵强", "registrar": "李敏"}


def found(office: Office) -> list[str]:
    """`code severity` of everything that the four chapters find at the end of the year."""
    wanted = [rule for rule in office.rules() if rule.partition("-")[0] in CHAPTERS]
    return sorted(f"{one.code} {one.severity}" for one in office.judge(*wanted).findings)


def equip(office: Office, carrier: str, serial: int, level: str, **fields: object) -> None:
    office.tell(
        "03-01 09:00", "created.equipment", on=[carrier], who={"registrar": "李敏", "receiver": "吴"}, number=carrier, register="设备",
        serial=serial, unit="u/镇", level=level, term="5年", **{"form": "computer", **fields},
    )  # fmt: skip


def copy(office: Office, child: str, parent: str, method: str, level: str, **fields: object) -> None:
    office.tell(
        "06-05 09:00", "copied.made", on=[child, parent], who=BOTH, method=method, parents=[parent], level=level,
        items=[{"carrier": child, "form": "document"}], **fields,
    )  # fmt: skip


def archive(office: Office, member: str, volume: str, level: str) -> None:
    office.tell("06-20 08:00", "created.entered", on=[volume], who={"registrar": "李敏"}, level=level, reason="volume", term="10年",
                items=[{"carrier": volume, "form": "volume"}])  # fmt: skip
    office.tell("06-20 09:00", "transferred.archive", on=[member, volume], who={"giver": "李敏", "receiver": "黄"}, volume=volume,
                file_no="1")  # fmt: skip


def test_nothing_is_found_in_a_careful_office():
    told = Office(POLICY)
    equip(told, "c/机", 1, "机密", network="standalone", protected=True)
    equip(told, "c/盘", 2, "机密", form="usb_stick")
    classify(told, "d/甲", level="机密", term="20年")
    told.tell("06-03 09:40", "decided.classify", on=["d/甲"], who={"registrar": "李敏"}, step="checked", level="机密")
    permit(told, "d/甲", count=3, where="w/文印室")
    enter(told, "d/甲", 1, level="机密", term="20年")
    make(told, "d/甲", ["c/1", "c/2", "c/3"], level="机密", device="c/机", distribution=["u/甲村"])
    mark(told, ["c/1", "c/2", "c/3"], "机密★20年")
    told.tell(
        "06-03 12:00",
        "checked.count",
        on=["d/甲"],
        who={"registrar": "李敏"},
        expected=3,
        actual=3,
        copy_nos=["1", "2", "3"],
    )
    send(told, ["c/1"], "d/甲")
    told.tell("06-04 10:00", "destroyed.byproducts", on=["d/甲"], who={"operator": "赵强"}, count=2, what="草稿")
    told.tell("06-04 11:00", "copied.stored", on=["c/盘", "d/甲"], who={"operator": "赵强", "approver": "何副书记"}, what="文本", level="机密",
              documents=["d/甲"])  # fmt: skip
    receive(told, "06-04 12:00", ["c/来"], "d/来", level="机密")
    register(told, "06-04 12:10", "d/来", level="机密", term="20年")
    copy(told, "c/摘", "c/来", "excerpt", "机密", term="20年")
    copy(told, "c/印", "c/来", "print", "机密")
    copy(told, "c/编", "c/来", "compile", "机密")
    archive(told, "c/来", "c/卷", "机密")
    mark(told, ["c/卷"], "机密★20年", "06-20 10:00", position="cover")
    make(told, "d/内", ["c/内"], level="内部", place=None)
    enter(told, "d/内", 2, "06-03 11:30", level="内部", term=None)
    mark(told, ["c/内"], "内部")
    told.tell("07-01 09:00", "decided.reclassify", on=["d/甲"], who={"approver": "周书记"}, step="approved", change="lowered", level="秘密",
              term="5年")  # fmt: skip
    mark(told, ["c/2", "c/3"], "秘密★5年", "07-10 09:00")
    assert found(told) == []


def test_every_fault_of_a_careless_office_is_found():
    told = Office({**POLICY, "every.classification_review": "6mo", "every.classification_report": "3mo", "within.matter_register": "5d"},
                  units={"u/镇": None})  # fmt: skip
    told.declare_units({"u/镇": "own"}, authority="内部")
    equip(told, "c/机", 1, "内部", network="internet")
    equip(told, "c/盘", 2, "内部", form="usb_stick")
    classify(told, "d/甲", level="机密", term="30个月", basis=None, persons={"reviewed": "何副书记"})
    permit(told, "d/甲", who="何副书记", count=1)
    make(told, "d/甲", ["c/1", "c/2"], level="机密", numbers=["1", None], device="c/机", place="w/会议室",
         who={"operator": "陈", "registrar": "李敏"})  # fmt: skip
    send(told, ["c/1", "c/2"], "d/甲", who={"giver": "李敏"})
    mark(told, ["c/1"], "机密★3年", "06-05 09:00", position="other")
    told.tell("06-06 09:00", "copied.stored", on=["c/盘", "d/甲"], who={"operator": "赵强", "approver": "何副书记"}, what="文本", level="机密",
              documents=["d/甲"])  # fmt: skip
    for number, name in enumerate(("来", "电"), 1):
        receive(told, "06-04 12:00", [f"c/{name}"], f"d/{name}", level="机密")
        kind = "cipher_telegram" if name == "电" else "official"
        register(told, "06-04 12:10", f"d/{name}", level="机密", term="20年", serial=number, type=kind)
    copy(told, "c/摘", "c/来", "excerpt", "秘密")
    copy(told, "c/印", "c/来", "print", "秘密")
    copy(told, "c/编", "c/来", "compile", "秘密")
    copy(told, "c/电复", "c/电", "copy", "机密")
    archive(told, "c/电", "c/卷", "秘密")
    make(told, "d/内", ["c/内"], level="内部")
    mark(told, ["c/内"], "内部★5年")
    make(told, "d/空", ["c/空"], level="未标")
    classify(told, "d/长", term="11年")
    enter(told, "d/他定", 3, classifier="u/省委", copies=1)
    receive(told, "06-07 09:00", ["c/卷子"], "d/卷子", level="无密", seal="broken", found=2,
            items=[{"carrier": "c/卷子", "form": "exam_paper", "document": "d/卷子"}])  # fmt: skip
    told.tell("07-01 09:00", "decided.reclassify", on=["d/来"], who={"registrar": "李敏"}, step="approved", by="u/省委", change="lowered",
              level="秘密", term="5年")  # fmt: skip
    lines = found(told)
    assert {line.split()[0] for line in lines} == {
        *(f"CLS-{n}" for n in range(1, 18) if n != 15), *(f"MRK-{n}" for n in range(1, 7)), *(f"NUM-{n}" for n in range(1, 6)),
        *(f"MAK-{n}" for n in range(1, 11)),
    }  # fmt: skip

"""
The texts that rules stand on, each by one name, and how a provision of them is cited. Data only.

A name is whose text it is, then the title that the text bears itself. The school's two regimes and the plans bear numbers.
A provision is cited as the text numbers it: 第三条 or 第三条（六） where it has articles or one flat list, else by its headings:
四、13 is item 13 under 四, 四（一）3 is item 3 of （一） under 四. Provisions of one text are joined by 和, texts by ；. What no text
says in so many words is 由…推定.
"""

from __future__ import annotations

from typing import Final

# The township's fifteen regimes, in the order of its own contents page.
TOWN_CLASSIFY: Final = "乡镇《定密工作规则》"
TOWN_RECEIVE: Final = "乡镇《保密文件收文制度》"
TOWN_SEND: Final = "乡镇《保密文件发文制度》"
TOWN_ISSUE: Final = "乡镇《保密文件制发制度》"
TOWN_READ: Final = "乡镇《保密文件阅读（传阅）制度》"
TOWN_LEND: Final = "乡镇《保密文件借阅制度》"
TOWN_RETURN: Final = "乡镇《保密文件清退制度》"
TOWN_DESTROY: Final = "乡镇《保密文件销毁制度》"
TOWN_NETWORK: Final = "乡镇《涉密网络保密管理制度》"
TOWN_OPEN_NETWORK: Final = "乡镇《非涉密网络保密管理制度》"
TOWN_COMPUTERS: Final = "乡镇《涉密和非涉密计算机保密管理制度》"
TOWN_MEDIA: Final = "乡镇《涉密和非涉密移动存储介质保密管理制度》"
TOWN_REPAIRS: Final = "乡镇《涉密计算机维修、更换、报废保密管理制度》"
TOWN_CARRIERS: Final = "乡镇《涉密载体销毁管理制度》"
TOWN_PUBLISH: Final = "乡镇《在公共信息网络上发布信息保密管理制度》"

UNIVERSITY: Final = "高校《机要室保密制度》"
SCHOOL_ONE: Final = "学校《单位保密工作制度1》"
SCHOOL_TWO: Final = "学校《单位保密工作制度2》"
COOP: Final = "供销社《保密管理工作制度》"
CONGRESS: Final = "人大机关《保密管理制度》"
BUREAU: Final = "市局《单位保密工作制度》"

# Reports, plans and papers bind nobody but those who adopt them.
SURVEY: Final = "《乡镇保密工作调研报告》"
SELF_CHECK: Final = "城市管理局《机关单位保密工作自查报告》"
PLAN_OFFICE: Final = "某单位《单位保密工作计划1》"
PLAN_SCHOOL: Final = "学校《单位保密工作计划4》"
PLAN_MINE: Final = "煤矿《单位保密工作计划5》"
PLAN_LAND: Final = "国土资源局《单位保密工作计划6》"
ARCHIVES_USED: Final = "《浅析基层单位档案保密和利用工作》"
ARCHIVES_KEPT: Final = "《如何做好事业单位的档案保密工作》"

LAW: Final = "《保守国家秘密法》"
DECREE: Final = "《保守国家秘密法实施条例》"

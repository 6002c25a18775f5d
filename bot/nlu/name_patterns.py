"""What stands around and inside names of companies, shops, schools, hospitals and estates."""

from __future__ import annotations

import re

# Characters that stand in hardly any name, and numbers that count something.
STOP = re.compile(
    r"(?<!美)的|[嘅了着喺系你您他她它们哋佢这那呢嗰咗俾畀把被让吗啲叫说讲到去往没很也离揾嚟咁乜啦替找跟某就还买给吧啊呀]"
    r"|[^\u4e00-\u9fffA-Za-z0-9]|(?<![自实存])在|(?<!乐)从|不(?![锈夜二倒])|(?<![人空民])间|我(?!爱)|是"
    r"|有(?![为限])|(?<![名大首京丽尚新])都(?![市会汇])|住(?![宅院房友建户])"
    r"|(?:\d+|[一二两三四五六七八九十几]+)(?:号楼|号铺|[号栋座幢楼层室年月日点分块元天个万多名条家所间套张趟])"
)
# Words of one character lead to a name only where they are words.
SINGLE = frozenset(
    "和与同为对又想要会能可太再才过来上下里带进收送问向于由经及等住卖欠骗告查拖用开做办请写听看算"
    "返话归起加停拿当选拆建租打抢罚治管引每各哪该唔而将靠换接领挂设满比后前内外中时读报进学转改成先"
)
CITY = re.compile(r"(?:广东省?)?佛山市?")
REGISTERED = re.compile(r"(?:广东省?)?佛山市|广东(?=[\u4e00-\u9fff])")
ROAD = re.compile(r"[\u4e00-\u9fff]{1,4}?(?:大道|路)")
FULL = re.compile(r"(?:镇|街道)$")
PHASE = re.compile(r"(?:[一二三四五六七八九十]|\d{1,2})期(?![间待限])")
BRANCH = re.compile(
    r"[\u4e00-\u9fff]{2,4}?(?:(?P<shop>分店|店(?![铺主家员长]))|(?P<hospital>分院|分部|院区|门诊部)|"
    r"(?P<school>校区|分校|分园)|(?P<company>支行|分行|分公司|营业部|营业厅))"
)
# After a place these still say no more than which kind: 北滘民办小学.
ANY_OF_THEM = re.compile(r"[民公]办|民营|[私公]立|片区|老旧|二手|[旧黑大小]|社区医院")
NAMED_AFTER_PLACE = ("城", "市场", "广场", "百货", "大厦", "大世界", "工业园", "工业区")
STAYS = ("酒店", "宾馆", "度假村")
NUMERAL = re.compile(r"[0-9一二两三四五六七八九十百千万几半多]{2,}|[两几][\u4e00-\u9fff]*")
# An estate of any name, known by the number of a house behind it.
HOUSE_NUMBER = re.compile(
    r"(?<=[\u4e00-\u9fff]{2})(?:\d{1,3}|[A-Z])(?:栋|座|幢|号楼)|"
    r"(?<=[\u4e00-\u9fff]{2})(?:[二三四五六七八九]|\d)期(?![间待限])"
)
HOME_BEFORE = re.compile(r"(?:住|住在|住喺|家在|屋企喺|买了|买咗|买的|入住)$")
HOME_AFTER = re.compile(
    r"(?:的|嘅)?(?:小区|业主|业委会|住户|街坊|楼盘|房子|物业|开发商|"
    r"居民|期房|楼下|车库|车位|房产|户型|门禁|商品房|售楼)|"
    r"(?:\d{1,3}|[A-Z一二三四五六七八九])(?:栋|座(?!位)|幢|期(?!间)|号楼)"
)

"""Times as people type them, on Tuesday 24 November 2026, nine in the morning."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.normalizer import normalize
from bot.nlu.times import find_times

NOW = dt.datetime(2026, 11, 24, 9, 0)


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("昨天下午三点", "2026-11-23 15:00:00"),
        ("今朝六点几", "2026-11-24 06:00:00"),
        ("琴晚十点半", "2026-11-23 22:30:00"),
        ("噚晚十一点", "2026-11-23 23:00:00"),
        ("前天下午", "2026-11-22 13:00:00"),
        ("今天早上七点多", "2026-11-24 07:00:00"),
        ("明天上午九点", "2026-11-25 09:00:00"),
        ("大前天", "2026-11-21 00:00:00"),
        ("上周五", "2026-11-20 00:00:00"),
        ("上个星期三", "2026-11-18 00:00:00"),
        ("上个礼拜三", "2026-11-18 00:00:00"),
        ("礼拜六", "2026-11-28 00:00:00"),
        ("下周一上午", "2026-11-30 07:00:00"),
        ("11月3日", "2026-11-03 00:00:00"),
        ("11月20号晚上", "2026-11-20 18:00:00"),
        ("2025年3月", "2025-03-01 00:00:00"),
        ("2024年12月31日", "2024-12-31 00:00:00"),
        ("今年三月", "2026-03-01 00:00:00"),
        ("去年", "2025-01-01 00:00:00"),
        ("旧年", "2025-01-01 00:00:00"),
        ("上个月15号", "2026-10-15 00:00:00"),
        ("凌晨3点", "2026-11-24 03:00:00"),
        ("中午十二点", "2026-11-24 12:00:00"),
        ("下昼四点", "2026-11-24 16:00:00"),
        ("8:30", "2026-11-24 08:30:00"),
        ("23:15", "2026-11-24 23:15:00"),
        ("晚上十点", "2026-11-24 22:00:00"),
        # Said, but no point in time: the words are kept.
        ("上个月", None),
        ("每天凌晨两点", None),
        ("十月份", None),
        ("成个礼拜", None),
    ],
)
def test_the_words_and_the_moment(text: str, begin: str | None) -> None:
    said = f"呢度{text}开始好嘈"
    found = find_times(said, NOW)
    assert [(mention.text, mention.begin) for mention in found] == [(text, begin)]
    assert said[found[0].start : found[0].end] == text


# The times are marked by 【】.
SAID = """
【昨晚成晚】都停电，热到瞓唔着
【呢排日日】都有人喺楼下烧烤
【今晚】上班路上看到有井盖没了
【明天上午十点前】能处理吗
等咗【成三个钟】都冇车
等了【两个多小时】还没人来
【上个月十五号晚上大概八点】被撞
【由朝早七点到夜晚十点】嘈足成日
【周一至周五早高峰】堵得水泄不通
【星期一到五】都冇人收垃圾
【每月初】都要交管理费
【每个周末晚上】都有人跳舞
【2025年8月20日下午3点左右】发生事故
【去年年底】交的楼，到现在没办证
【从去年到现在】一直没办好
【旧年至今】罚咗六次
【春节期间】一直没人收垃圾
【年三十晚】放炮仗放到【天光】
【中秋节那晚】停水
【三天前】报的修，至今没人来
【半个月前】就反映过了
【大约两个星期】没来收
【近三个月来】经常停电
【这几天】水压很低
【前两日】打过12345
【刚才】有人打架
【头先】有架车撞咗
【工作日早上八点到九点】路口堵
【凌晨三四点】还在施工
【半夜三更】装修
【每逢周末凌晨】都有飙车
【听日朝早】去办证得唔得
【三个工作日内】没有回复
【快三年】了房产证没下来
【上周三下午到周五上午】没水
【今日下昼四点几】跌落嚟
【由上个礼拜开始】冇水
【自从今年三月以来】一直臭
【从3月15号起】改了路线
【放学时间】校门口堵车
【放工嗰阵】条路塞死
【下班后】路上好黑
【22:00以后】还在唱歌
【晏昼十二点半到两点】先静少少
【逢星期二、四、六】收废品
【周一三五】收垃圾
【初一十五】都有人烧纸
【农历七月十四】烧街衣
【台风那天】树倒了
【落雨天】条路好跣
【昨天和今天】都停水
【周六周日】补课
【五月中旬】开始修，【七月底】都没修完
【从2023年开始】就没有暖气
一到【晚上】就臭
【每天早上六点不到】就开工
【昨晚11时许】听到爆炸声
【晚上8到10点】没水
【晚九点到早六点】
【两个几月】冇出粮
【个几月】都未批
【十几年前】建的楼
【每年七八月份】都浸
【凌晨一点】都未收档
【今日】一点都不好
【一个礼拜】三次停水
【后天】台风登陆
【礼拜日朝早九点】开始跳舞
【昨天】路口塞车
截至【昨天】没有回复
"""


@pytest.mark.parametrize("line", SAID.split())
def test_the_whole_expression_and_no_more(line: str) -> None:
    text = normalize(line.replace("【", "").replace("】", ""))
    marked = [part.split("】")[0] for part in line.split("【")[1:]]
    assert [mention.text for mention in find_times(text, NOW)] == marked


NO_TIMES = """
3栋2单元 尾号1234 8000 5分 早晨 早晨，想问下点样交水费 早上好，我要投诉 10号楼 2号铺
三点意见 一点都不好 有一点点臭 反映两点问题 请注意以下三点： 基于上述两点，请回复 早一点处理好吗
水电费贵了一点 第一点，物业不作为 三点五公里路没灯 我想问下几点开门 你们几时来修
五一路的路灯坏了 国庆路有积水 六一幼儿园乱收费 三八路没有斑马线 三月三路口没有斑马线 八一中学门口堵
张国庆欠我钱 十一栋电梯停运 三年级学生作业太多 24小时便利店占道 未成年人进网吧 日用品涨价
前面的路灯坏了 后面小区有狗 成日都有狗吠 目前天气热 提前天然气涨价 证明年限不够 钢琴日夜响
12号线施工 八号风球 三号车间漏电 每户300元 二十多户没水 压力在0.03-0.05之间
早餐店占道 夜市太吵 晚饭店油烟大 中午饭都冇得食 楼下周围都是垃圾 以上月份未缴 一日三餐都吃不好
要等几天才能办好 咨询上班时间 月饼过期了 周边环境差 周先生欠钱 一日到黑都嘈 预约三点意见
"""


@pytest.mark.parametrize("text", NO_TIMES.split())
def test_words_that_are_no_times(text: str) -> None:
    assert find_times(normalize(text), NOW) == []


def test_from_one_day_to_another_is_one_time() -> None:
    (found,) = find_times("五月一日到五月三日", NOW)
    assert (found.begin, found.until) == ("2026-05-01 00:00:00", "2026-05-03 23:59:59")


def test_at_most_five() -> None:
    assert len(find_times("昨天，" * 9, NOW)) == 5


def test_a_list_of_days_does_not_swallow_the_message() -> None:
    (first, *_) = find_times("昨天、" * 60, NOW)
    assert first.end - first.start <= 40


@given(
    st.text(alphabet="从到至起前后左右昨晚周末日年月号点半几多个三十一每逢，大概的嘅", max_size=60)
)
def test_times_stand_in_order_and_apart(text: str) -> None:
    position = 0
    for mention in find_times(text, NOW):
        assert position <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.text
        position = mention.end

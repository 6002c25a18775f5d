"""Short answers that mean something only after a question: 是, 不对, 第二个, 匿名, 不知道."""

from __future__ import annotations

import re
import unicodedata

_NOISE = re.compile(r"[\s,，。.!！~～、…]|\[[^\]]{1,6}\]|[\U0001F300-\U0001FAFF\u2600-\u27BF]")
_PARTICLES = "的了啊呀哦喔吧啦呢嘅咯哈㗎嘛"
_YES = re.compile(
    r"^(?:对+|是+|系+|嗯+|好+|行|可以|没错|冇错|无误|正确|确认|确定|确认提交|提交|就这样|就咁|咁样|得|ok|okay|yes|"
    r"没问题|冇问题|对对|啱|是的|系嘅|登记|要|需要|要登记|帮我登记|继续|同意|y|都对|全对|全部正确|信息正确|没有问题|"
    r"冇问题|可以的|对的|好的|系咁|的)+"
    r"(?:提交|确认|谢谢(?:你|您)?|多谢(?:你|您|晒)?|唔该(?:晒)?|麻烦(?:你|您)?(?:了)?|就这样|啱|"
    r"帮我提交|请提交|可以提交|没错|冇错|没问题|吧|啊)*$"
)
_YES_SIGNS = {"👍", "👌", "✅", "[强]", "[OK]", "[ok]", "🆗", "√", "✓"}
_NO = re.compile(
    r"^(?:不对|不是|唔系|唔啱|错|有错|错误|不正确|有误|不|唔|否|no|n|没有|冇|不用|唔使|不要|唔要|不需要|"
    r"不行|有错误|写错|打错|等等|等一下|要改|改|修改|我要改|改一下|要修改|有问题)+(?:了|啦)?(?:谢谢|多谢|唔该)?$"
)
_ANONYMOUS = re.compile(
    r"匿名|唔留|不留|不想(?:说|留|讲|填|给|透露)|唔想(?:讲|留|畀|填)|不方便|唔方便|不便|保密|不填|跳过|"
    r"^(?:不用|不要|没有|冇|无|不|唔使|唔要|不需要|算了?|不了|否|拒绝|隐藏)(?:电话|留|了|谢谢|多谢|唔该)*$"
)
_NO_PHONE = re.compile(r"匿名|[不唔](?:想|要)?留|保密")
_UNKNOWN = re.compile(
    r"不(?:知道|清楚|晓得|确定|记得|太清楚|太确定)|唔(?:知|清楚|记得)|说不(?:清|准|上来)|忘(?:记|了)|冇印象|不详|随便|"
    r"都不是|都唔系|没有地址|没有具体|全市|整个佛山|不方便|不想说|跳过"
)
_CANCEL = re.compile(
    r"^(?:我?(?:还是|都系)?算(?:了|啦)?|我)?(?:先|都)?"
    r"(?:取消|撤销|退出|放弃|停止|[不唔](?:想)?(?:再)?(?:提交|投诉|举报|登记|反映|报|弄|搞|办))"
    r"(?:了|啦|先)*(?:谢谢|多谢|唔该)?$"
)
_KEEP = re.compile(r"[不唔](?:用|使|想|需要)?改|没(?:有|什么)?要改|冇(?:嘢)?要?改|保持|照旧")
_PUZZLED = re.compile(
    r"^(?:你)?(?:什么意思|乜意思|咩意思|啥意思|不明白|唔明|不懂|看不懂|听不懂|睇唔明|听唔明|"
    r"你?说(?:的是)?什么|你?讲乜|什么来的|怎么(?:填|回|弄|操作|回复)|点(?:填|答|回)|为什么要?问这个)$"
)
_GREETING = re.compile(
    r"^(?:你好|您好|你哋好|喂|哈喽|嗨|hello|hi|早上好|早晨|中午好|下午好|晚上好|领导|同志|有人吗|在吗|请问|啊|呀|吗)+"
)
_NUMBERS = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_CHOICE = re.compile(
    r"^(?:我?选|我?揀|我?拣|应该是|是|系|就|就是)?第?([1-9一二两三四五六七八九])"
    r"(?:个|項|项|条|類|类|种|號|号|样)?(?:吧|啦|咯|的|呢)?$"
)
_SHORT_ANSWER = 8  # characters; more than these tell something beside
_LAST = re.compile(r"^(?:最后(?:一)?(?:个|项|条)|后者|後者|尾嗰个)$")
_FIRST = re.compile(r"^(?:前者|头一个)$")


def bare(text: str) -> str:
    """``text`` in half width and lower case without blanks, punctuation, faces and particles."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _NOISE.sub("", folded).rstrip(_PARTICLES + "?？")


def is_yes(text: str) -> bool:
    return bool(_YES.match(bare(text))) or text.strip() in _YES_SIGNS


def is_no(text: str) -> bool:
    # "冇错" is put together from two words of refusal, and means yes.
    return bool(_NO.match(bare(text))) and not is_yes(text)


def is_anonymous(text: str) -> bool:
    """Whether the citizen would rather not leave a phone."""
    return bool(_ANONYMOUS.search(bare(text)))


def refuses_phone(text: str) -> bool:
    """匿名, 唔留: a refusal of the phone that is clear before it was asked for."""
    return bool(_NO_PHONE.search(bare(text)))


def is_unknown(text: str) -> bool:
    """Whether the citizen does not know or does not want to say."""
    return bool(_UNKNOWN.search(bare(text)))


def is_cancel(text: str) -> bool:
    """Whether the citizen gives the whole report up, in words that say nothing else."""
    return bool(_CANCEL.match(bare(text)))


def keeps_it(text: str) -> bool:
    """Whether nothing shall be changed after all: 不改了, 照旧."""
    return bool(_KEEP.search(bare(text)))


def is_puzzled(text: str) -> bool:
    """Whether the citizen does not understand the question: 什么意思？"""
    return bool(_PUZZLED.match(bare(text)))


def without_greeting(text: str) -> str:
    """The bare text after its greeting."""
    return _GREETING.sub("", bare(text))


def is_only_an_answer(text: str) -> bool:
    """Whether the words are nothing but an answer: yes, no, a number, a refusal, 什么意思."""
    return (
        is_yes(text)
        or is_no(text)
        or is_puzzled(text)
        or is_cancel(text)
        or choice(text, 9) is not None
        or (len(bare(text)) <= _SHORT_ANSWER and (is_anonymous(text) or is_unknown(text)))
    )


def choice(text: str, count: int) -> int | None:
    """The option chosen by number or rank, counted from 0, or None."""
    answer = bare(text)
    if _LAST.match(answer):
        return count - 1
    if _FIRST.match(answer):
        return 0
    match = _CHOICE.match(answer)
    if not match:
        return None
    number = _NUMBERS.get(match.group(1)) or int(match.group(1))
    return number - 1 if number <= count else None


def has_words(text: str) -> bool:
    """Whether there is anything to understand: at least two letters, digits or characters."""
    return len(re.findall(r"[\u3400-\u9fffA-Za-z0-9]", text)) >= 2

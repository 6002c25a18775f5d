"""Texts as weighted sets of short character strings, so that similar texts can be found.

Characters and not words, because what names a matter (an estate, a road, a company) is rarely in a
dictionary and is cut in another way each time. numpy and scipy are imported inside the functions:
the service needs them only for this.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

LENGTHS = (2, 3, 4)
"""Lengths of the strings; four characters of 16 bits fit into one 64-bit number."""
MOST_CHARACTERS = 300
"""Of a text; whoever writes more has said by then what it is about."""
_HEAD = 40  # characters; people begin with where and what, so these strings count double
_FEWEST_TEXTS = 3
_MOST_TEXTS = 0.05  # a string in more of all texts than this part says nothing,
_ALWAYS_FEW = 200  # unless it is in no more than so many, where there are few texts at all
_OWN_STRINGS = 8  # that a text has besides, so that a single shared one is never all it says
_AS_IF = 1000  # where there are fewer texts, what all of them say need not be common
_RARE_ENOUGH = 0.014  # rarer strings weigh no more, or two copied sentences would outweigh a name

_ADDRESSES = re.compile(r"(?:https?://|www\.)[!-~]+")
_SEPARATORS = re.compile(r"[^0-9a-z\u4e00-\u9fff]+")
# What people write around any matter, and the names of towns, which only say where.
_SAYS_NOTHING = re.compile(
    "尊敬的|领导|书记|市长|局长|您好|你好|谢谢|感谢|希望|恳请|恳求|请求|请问|咨询|反映|投诉|举报|建议|"
    "关于|有关部门|相关部门|职能部门|政府部门|市委市政府|市委|市政府|政府|解决|处理|何时|什么时候|"
    "加快|力度|步伐|刻不容缓|有何|具体行动|大背景下|全覆盖|建设|情况|问题|严重|现在|我们|"
    "[\u4e00-\u9fff]{2}街道|[\u4e00-\u9fff]{2}镇|"
    "[a-z][0-9]*[市区县]|西地省"
)


@dataclass(frozen=True)
class Grams:
    """The chosen ``texts`` and their ``strings``.

    ``weights``: a scipy CSR matrix, a row a text, a column a string; the product of two rows is
    their cosine. ``counts``: in how many of the chosen texts each string is; ``rarity``: how rare
    it is among all texts.
    """

    texts: Sequence[str]
    weights: Any
    strings: Sequence[str]
    counts: Any
    rarity: Any


def plain(text: str, ignored: Iterable[str] = ()) -> str:
    """``text`` in half width and lower case, blanks for all that says nothing.

    Args:
        ignored: more words that say nothing, such as the names of the city's towns.
    """
    text = unicodedata.normalize("NFKC", text[: MOST_CHARACTERS * 2]).lower()
    for pattern in (_ADDRESSES, _words(frozenset(ignored)), _SAYS_NOTHING):
        if pattern:
            text = pattern.sub(" ", text)
    return _SEPARATORS.sub(" ", text).strip()[:MOST_CHARACTERS]


@cache
def _words(ignored: frozenset[str]) -> re.Pattern[str] | None:
    longest_first = sorted(ignored, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if ignored else None


def grams_of(texts: Sequence[str], chosen: Sequence[int] | None = None) -> Grams:
    """The strings of texts that :func:`plain` has made.

    Args:
        texts: all there are; they tell how rare a string is.
        chosen: the numbers of those that shall be compared; None: all.
    """
    import numpy as np
    from scipy import sparse

    padded = [f"{text} " for text in texts]
    lengths = np.array([len(text) for text in padded], dtype=np.int64)
    codes = np.frombuffer("".join(padded).encode("utf-16-le"), dtype="<u2").astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), lengths)
    at = np.arange(len(codes)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    blank, digit = codes == ord(" "), (codes >= ord("0")) & (codes <= ord("9"))
    rows_of_chosen = np.arange(len(texts)) if chosen is None else np.asarray(chosen, dtype=np.int64)
    most = max(_MOST_TEXTS * len(texts), _ALWAYS_FEW)
    blocks, names, commonness = [], [], []
    for length in LENGTHS:
        places = max(len(codes) - length + 1, 0)
        code = np.zeros(places, np.uint64)
        bad, all_digits = np.zeros(places, bool), np.ones(places, bool)
        for offset in range(length):
            part = slice(offset, offset + places)
            code = (code << np.uint64(16)) | codes[part]
            bad |= blank[part]
            all_digits &= digit[part]
        good = ~(bad | all_digits)
        known, which = np.unique(code[good], return_inverse=True)
        rows, heads = owner[:places][good], at[:places][good] < _HEAD
        shape = (len(texts), len(known))
        # Thousands say that it is in the head, however often.
        marks = np.where(heads, 1000, 1).astype(np.float32)
        found = sparse.csr_matrix((marks, (rows, which)), shape=shape)
        found.data = np.where(found.data >= 1000, 2, 1).astype(np.float32)
        everywhere = np.bincount(found.indices, minlength=len(known))
        useful = np.where((everywhere >= _FEWEST_TEXTS) & (everywhere <= most))[0]
        blocks.append(found[rows_of_chosen][:, useful])
        names += [_string(number, length) for number in known[useful]]
        commonness.append(everywhere[useful])
    total = max(len(texts), _AS_IF)
    common = np.maximum(np.concatenate(commonness), _RARE_ENOUGH * total)
    rarity = np.log(total / common).astype(np.float32)
    # A row's length is that of all its strings, so that cosines mean the same however few texts
    # are chosen.
    own = _OWN_STRINGS * math.log(1 / _RARE_ENOUGH) ** 2
    weights = unit_rows(sparse.hstack(blocks).tocsr() @ sparse.diags(rarity), own)
    counts = np.bincount(weights.indices, minlength=weights.shape[1])
    shared = np.where(counts >= _FEWEST_TEXTS)[0]
    return Grams(
        texts=[texts[row] for row in rows_of_chosen],
        weights=weights[:, shared],
        strings=[names[column] for column in shared],
        counts=counts[shared],
        rarity=rarity[shared],
    )


def unit_rows(matrix: Any, more: float = 0) -> Any:
    """``matrix`` with rows of length 1, so that a product of two is their cosine.

    Args:
        more: what the square of each length is longer by than it seems.
    """
    import numpy as np
    from scipy import sparse

    size = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel() + more)
    size[size == 0] = 1
    return (sparse.diags((1 / size).astype(np.float32)) @ matrix).tocsr()


def _string(number: Any, length: int) -> str:
    value = int(number)
    return "".join(chr(value >> 16 * place & 0xFFFF) for place in range(length - 1, -1, -1))

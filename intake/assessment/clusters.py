"""Groups of texts about the same matter, from what :mod:`intake.assessment.ngrams` found in them.

Pairs that are similar enough join texts to loose heaps; average linkage cuts each heap into groups
whose members are alike on the whole; groups with the same centre are put together again. A group
stays only if its members are alike on the whole and share at least two separate strings: a name
alone ("the lake") is a place and not yet a matter. What shares less is cut more finely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from intake.assessment.ngrams import LENGTHS, Grams, unit_rows

FEWEST = 3
"""Cases of a group."""
_LINK = 0.2  # cosine from which two texts may belong together
_ON_AVERAGE = 0.14  # mean cosine of two groups that are joined
_SAME_CENTRE = 0.5
_ALIKE = 0.18  # mean cosine that the members of a group must have,
_FEW_ALIKE = 0.2  # and those of a group of fewer than
_FEW = 5
_FINER = 1.4  # how much more alike the parts of a group that is cut again must be
_MOST_CUTS = 4
_LARGEST_HEAP = 3000  # its pairs are held in memory at once
_ROWS_AT_ONCE = 1000
_COMMON = 0.5  # part of a group that shares a string
_OWN = 0.1  # part of all texts with the string that lie in the group
_NAMING = 0.35  # the same for a string that names the matter
_HOLDS = 0.2  # part of the naming strings, by weight, that a member has
_SHOWN_WORDS = 5
_LONGEST_SHOWN = 12  # characters; longer ones are sentences that were copied
_PARTICLES = "的了在是和与及也都就又被把从到于等对为"


@dataclass(frozen=True)
class Group:
    """Texts (by number) about one matter and the words that make it, strongest first."""

    members: tuple[int, ...]
    words: tuple[str, ...]


def groups_of(grams: Grams, places: Sequence[str]) -> list[Group]:
    """The groups among texts, largest first.

    Args:
        places: where each is, from the large to the small as one text, or empty. Two texts are
            not alike at all unless one of their places begins with the other.
    """
    if not grams.strings:
        return []
    heaps = _heaps(grams.weights, places, _LINK)
    parts = [part for heap in heaps for part in _cut(grams.weights, heap, places, _ON_AVERAGE)]
    joined = _joined(grams.weights, parts, places)
    found = [
        group
        for part in joined
        for group in _coherent(grams, part, places, _ON_AVERAGE, _MOST_CUTS)
    ]
    return sorted(found, key=lambda group: (-len(group.members), group.members))


def compatible(one: str, other: str) -> bool:
    """Whether two places can be the same as far as they are known."""
    return one.startswith(other) or other.startswith(one)


def _heaps(weights: Any, places: Sequence[str], link: float) -> Iterator[Any]:
    """Texts that similar pairs connect, no heap larger than ``_LARGEST_HEAP``."""
    import numpy as np

    rows, columns, values = _pairs(weights, places, link)
    waiting = [(np.arange(weights.shape[0]), rows, columns, values, link)]
    while waiting:
        members, rows, columns, values, link = waiting.pop()
        number = np.full(weights.shape[0], -1)
        number[members] = np.arange(len(members))
        good = values >= link
        label = _components(len(members), number[rows[good]], number[columns[good]])
        sizes = np.bincount(label)
        of_pair = label[number[rows]]
        order = np.argsort(label, kind="stable")
        starts = np.cumsum(sizes) - sizes
        for heap in np.where(sizes >= FEWEST)[0]:
            inside = members[order[starts[heap] : starts[heap] + sizes[heap]]]
            if len(inside) <= _LARGEST_HEAP:
                yield inside
                continue
            mine = (of_pair == heap) & good
            waiting.append((inside, rows[mine], columns[mine], values[mine], link * 1.15))


def _components(count: int, rows: Any, columns: Any) -> Any:
    import numpy as np
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    graph = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def _pairs(weights: Any, places: Sequence[str], link: float) -> tuple[Any, Any, Any]:
    """Pairs (first, second, cosine) of compatible places that are similar, each once."""
    import numpy as np

    where = np.array(places, dtype=object)
    found: list[tuple[Any, Any, Any]] = []
    for place in dict.fromkeys(places):
        here = np.where(where == place)[0]
        near = np.where([compatible(place, other) for other in places])[0]
        others = weights[near].T.tocsr()
        for start in range(0, len(here), _ROWS_AT_ONCE):
            some = here[start : start + _ROWS_AT_ONCE]
            product = (weights[some] @ others).tocoo()
            rows, columns = some[product.row], near[product.col]
            # A pair of two places is met twice.
            good = (product.data >= link) & (rows < columns)
            back = (product.data >= link) & (rows > columns) & (where[columns] != place)
            found.append((rows[good], columns[good], product.data[good]))
            found.append((columns[back], rows[back], product.data[back]))
    rows, columns, values = (np.concatenate(part) for part in zip(*found, strict=True))
    return rows, columns, values


def _cut(weights: Any, members: Any, places: Sequence[str], on_average: float) -> list[Any]:
    """``members`` in groups whose parts are joined only at this mean cosine."""
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    mine = weights[members]
    distance = 1 - (mine @ mine.T).toarray()
    distance = np.clip((distance + distance.T) / 2, 0, 1)
    here = np.array([places[member] for member in members], dtype=object)
    for place in set(here):
        away = [not compatible(place, other) for other in here]
        distance[np.ix_(here == place, away)] = 1
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    label = fcluster(tree, 1 - on_average, "distance")
    parts = [members[label == number] for number in np.unique(label)]
    return [part for part in parts if len(part) >= FEWEST]


def _joined(weights: Any, parts: list[Any], places: Sequence[str]) -> list[Any]:
    """Groups with the same centre as one."""
    import numpy as np
    from scipy import sparse

    if not parts:
        return []
    owner = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    shape = (len(parts), weights.shape[0])
    membership = sparse.csr_matrix((np.ones(len(owner)), (owner, np.concatenate(parts))), shape)
    centres = unit_rows(membership @ weights)
    near = (centres @ centres.T).tocoo()
    usual = [usual_place(places, part) for part in parts]
    good = np.array(
        [
            value >= _SAME_CENTRE and row < column and compatible(usual[row], usual[column])
            for row, column, value in zip(near.row, near.col, near.data, strict=True)
        ],
        dtype=bool,
    )
    label = _components(len(parts), near.row[good], near.col[good])
    return [
        np.concatenate([parts[number] for number in np.where(label == one)[0]])
        for one in np.unique(label)
    ]


def usual_place(places: Sequence[str], members: Sequence[int]) -> str:
    """The place that most of ``members`` name; empty when none does."""
    named = Counter(places[member] for member in members if places[member])
    return named.most_common(1)[0][0] if named else ""


def _coherent(
    grams: Grams, members: Any, places: Sequence[str], on_average: float, cuts: int
) -> Iterator[Group]:
    """``members`` as a group if they share more than one thing, else its finer parts."""
    import numpy as np

    inside = grams.weights[members].copy()
    inside.data[:] = 1
    held = np.asarray(inside.sum(axis=0)).ravel()
    common = np.where((held >= _COMMON * len(members)) & (held >= _OWN * grams.counts))[0]
    words = _words([grams.texts[member] for member in members], [grams.strings[i] for i in common])
    naming = common[held[common] >= _NAMING * grams.counts[common]]
    if _is_matter(words) and len(naming):
        rarity = grams.rarity[naming]
        has = np.asarray(inside[:, naming] @ rarity).ravel() / rarity.sum()
        kept = members[has >= _HOLDS]
        if _are_alike(grams.weights[kept]):
            short = [word for word in words if len(word) <= _LONGEST_SHOWN] or words
            yield Group(tuple(sorted(int(member) for member in kept)), tuple(short[:_SHOWN_WORDS]))
            return
    if cuts and len(members) > FEWEST:
        finer = on_average * _FINER
        for part in _cut(grams.weights, members, places, finer):
            yield from _coherent(grams, part, places, finer, cuts - 1)


def _are_alike(weights: Any) -> bool:
    """Whether there are enough texts and they are alike on the whole."""
    count = weights.shape[0]
    if count < FEWEST:
        return False
    together = weights.sum(axis=0)
    # The square of the sum holds every pair twice, and every text with itself.
    alone = float(weights.multiply(weights).sum())
    mean = (float((together @ together.T)[0, 0]) - alone) / (count * (count - 1))
    return mean >= (_FEW_ALIKE if count < _FEW else _ALIKE)


def _words(texts: Sequence[str], common: Sequence[str]) -> list[str]:
    """The longest strings made of ``common`` ones that many of ``texts`` have, none in another."""
    known = frozenset(common)
    runs: Counter[str] = Counter()
    for text in texts:
        runs.update(_runs(text, known))
    shares = {run: sum(run in text for text in texts) / len(texts) for run in runs}
    usual = [run for run, share in shares.items() if share >= _COMMON * 0.9]
    usual.sort(key=lambda run: (-shares[run] * min(len(run), 6), run))
    chosen: list[str] = []
    for run in usual:
        if not any(_overlap(run, other) for other in chosen):
            chosen.append(run)
    trimmed = (run.strip(_PARTICLES) for run in chosen)
    return [run for run in trimmed if len(run) > 1]


def _overlap(one: str, other: str) -> bool:
    """Whether two characters of one follow each other in the other too: then they are no two
    things but parts of one name."""
    return any(one[at : at + 2] in other for at in range(len(one) - 1))


def _is_matter(words: Sequence[str]) -> bool:
    """Whether the words say more than one thing; of a second one two characters are too few."""
    return len(words) > 2 or (len(words) == 2 and min(map(len, words)) > 2)


def _runs(text: str, known: frozenset[str]) -> set[str]:
    """The longest parts of ``text`` that are covered by overlapping ``known`` strings."""
    found: set[str] = set()
    start = end = -1
    for at in range(len(text)):
        reach = max((at + n for n in LENGTHS if text[at : at + n] in known), default=-1)
        if reach < 0:
            continue
        if at >= end:
            if end > 0:
                found.add(text[start:end])
            start, end = at, reach
        end = max(end, reach)
    if end > 0:
        found.add(text[start:end])
    return found

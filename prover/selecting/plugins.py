"""Selection methods of the literature, each one function under its name. Pure.

A method is given the facts of the rows that the methods before it have left, the numbers behind its
name (`cap:4`), and the seed; it answers which stay, with what odds in a draw, what weight in the
loss and what mask, and why each other goes. `choosing.chosen` chains them.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from prover.digest import sha256
from prover.errors import UserError
from prover.selecting.facts import Answer, Facts, GoalKey, Kept, Likelihood, length

G = TypeVar("G", bound=Hashable)
V = TypeVar("V")

Method = Callable[[Sequence[Facts], Sequence[float], int], Answer]

RATES, FAMILIES, LOGPROBS, BUDGET = "rates", "families", "logprobs", "budget"
"""What a method cannot do without: pass rates, families, a model, a number of rows."""

UNTRIED = "nothing was tried on its goal"
UNREAD = "too long for the model that was asked"


@dataclass(frozen=True)
class Number:
    """What may stand behind a method's name."""

    name: str
    default: float | None = None
    """None: it must be given."""
    least: float = 0.0
    whole: bool = False


@dataclass(frozen=True)
class Plugin:
    name: str
    method: Method
    needs: frozenset[str]
    numbers: tuple[Number, ...]

    @property
    def usage(self) -> str:
        optional = [f"[:{n.name}]" if n.default is not None else f":{n.name}" for n in self.numbers]
        return self.name + "".join(optional)


PLUGINS: dict[str, Plugin] = {}


def plugin(name: str, *numbers: Number, needs: Iterable[str] = ()) -> Callable[[Method], Method]:
    def register(method: Method) -> Method:
        PLUGINS[name] = Plugin(name, method, frozenset(needs), numbers)
        return method

    return register


def parse(text: str) -> tuple[Plugin, tuple[float, ...]]:
    """`cap:4`, say. Raises UserError."""
    name, *given = text.strip().split(":")
    if name not in PLUGINS:
        raise UserError(f"no selection method is called {name!r}: there are {', '.join(PLUGINS)}")
    found = PLUGINS[name]
    if len(given) > len(found.numbers):
        raise UserError(f"{text!r} has too many numbers: {found.usage}")
    padded = [*given, *("" for _ in found.numbers[len(given) :])]
    pairs = zip(found.numbers, padded, strict=True)
    return found, tuple(number(wanted, word, text, found.usage) for wanted, word in pairs)


def number(wanted: Number, word: str, text: str, usage: str) -> float:
    if not word and wanted.default is not None:
        return wanted.default
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not (wanted.least <= value < math.inf) or (wanted.whole and value != int(value)):
        kind = "a whole number" if wanted.whole else "a number"
        raise UserError(
            f"{text!r}: {wanted.name} is {kind} from {wanted.least:g} on, as in {usage}"
        )
    return value


@plugin("difficulty", Number("LOW", 0.0), Number("HIGH", 0.75), needs=[RATES])
def difficulty(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Keeps goals with LOW < p <= HIGH, p = c/n the pass rate.

    LIMO (arXiv 2502.03387, question selection) drops what a 7B model solves easily and keeps what a
    stronger one solves rarely in 32 tries; s1 (arXiv 2501.19393, section 2.2) keeps what both of
    its models fail at. The default bound is that of the hard and medium stratum, (0, 0.75], as in
    Goedel-Prover-V2 (arXiv 2508.03613); Kimina-Prover drops from 0.5 on.
    """
    low, high = numbers

    def judged(rate: float) -> Kept | str:
        if rate <= low:
            return f"solved too rarely: pass rate at most {low:g}"
        return Kept() if rate <= high else f"solved nearly always: pass rate above {high:g}"

    return by_rate(rows, judged)


@plugin("variance", Number("LOW", 0.0), Number("HIGH", 0.25), Number("SPREAD", 4.0, 1.0),
        needs=[RATES])  # fmt: skip
def variance(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Keeps goals with LOW < p(1-p) <= HIGH whose longest proof has at most SPREAD times the tokens
    of the shortest.

    The analogue of RIP (arXiv 2501.18578), which keeps a prompt if its answers do not vary much:
    r(worst) >= t1, length(worst) >= t2, r(best) - r(worst) <= t3. A proof's reward is 0 or 1, so
    the variance of a label, p(1-p), stands for the gap (HIGH; 0.25 is no bound), and the spread of
    lengths for the lengths. Without any variance nothing is learnt from a comparison either: DAPO
    (arXiv 2503.14476, section 3.2, dynamic sampling) wants 0 < c < n, hence LOW.
    """
    low, high, spread = numbers
    lengths = grouped(rows, lambda facts: facts.goal, lambda facts: facts.length)
    wide = {goal for goal, found in lengths.items() if max(found) > spread * max(1, min(found))}

    def judged(rate: float) -> Kept | str:
        if rate * (1 - rate) <= low:
            return f"its pass label varies too little: p(1-p) at most {low:g}"
        if rate * (1 - rate) > high:
            return f"its pass label varies too much: p(1-p) above {high:g}"
        return Kept()

    answers = by_rate(rows, judged).rows
    why = f"the lengths of its goal's proofs differ by a factor above {spread:g}"
    return Answer(
        [why if isinstance(a, Kept) and r.goal in wide else a
         for a, r in zip(answers, rows, strict=True)]
    )  # fmt: skip


@plugin("learnability", needs=[RATES])
def learnability(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Odds 1 - p of a row in a draw; at p = 0 and p = 1 it is dropped.

    The proposer's reward of Absolute Zero (arXiv 2505.03335, eq. 4): 0 if the mean success of the
    solver is 0 or 1, else 1 - that mean.
    """

    def judged(rate: float) -> Kept | str:
        if rate in (0.0, 1.0):
            return f"nothing to learn: pass rate {rate:g}"
        return Kept(odds=math.log1p(-rate))

    return by_rate(rows, judged)


@plugin("stp", Number("RATE", 0.25), Number("SHARE", 0.2), needs=[RATES])
def stp(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Keeps proved goals with p < RATE, but for the SHARE of them whose shortest proof is the
    shortest for their statement's length.

    The filter of conjectures in STP (arXiv 2502.00212; its code has the threshold 0.25, and drops
    the lowest 20 % by the least length of a proof over that of the statement). Not done here, since
    the facts do not tell: that the proof cites the lemma that the conjecture was made from, and the
    matching of conjectures to unproved targets.
    """
    rate, share = numbers

    def judged(found: float) -> Kept | str:
        hard = 0 < found < rate
        return Kept() if hard else f"not barely provable: pass rate 0, or from {rate:g} on"

    answers = by_rate(rows, judged).rows
    left = [r for r, answer in zip(rows, answers, strict=True) if isinstance(answer, Kept)]
    plain = set(inelegant(left, share))
    why = f"its proof is short for its statement: among the lowest {share:.0%}"
    return Answer(
        [why if isinstance(a, Kept) and r.goal in plain else a
         for a, r in zip(answers, rows, strict=True)]
    )  # fmt: skip


def inelegant(rows: Sequence[Facts], share: float) -> list[GoalKey]:
    """Goals by shortest proof over statement, the lowest ones."""
    ratios = grouped(rows, lambda r: r.goal, lambda r: r.length / max(1, length(r.row.statement)))
    ordered = sorted(ratios, key=lambda goal: (min(ratios[goal]), str(goal)))
    return ordered[: int(share * len(ordered))]


@plugin("shortest")
def shortest(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Of each canonical goal the shortest proof, in lexical tokens; corrections that lead to it
    stay too.

    Length as the cost of a correct answer: O1-Pruner (arXiv 2501.12570) rewards (mean length -
    length) / length at equal accuracy.
    """
    bodies = grouped(rows, lambda r: r.goal, lambda r: (r.length, len(r.row.body), r.row.body))
    best = {goal: min(found)[2] for goal, found in bodies.items()}
    return Answer(
        [Kept() if r.row.body == best[r.goal] else "not the shortest proof of its goal"
         for r in rows]
    )  # fmt: skip


@plugin("cap", Number("K", least=1, whole=True))
def cap(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Of each canonical goal K rows at most: proofs before corrections, the shortest first.

    An equal number of answers a question, lest easy ones take most of the data: DART-Math (arXiv
    2407.13690, the uniform strategy).
    """
    most = int(numbers[0])
    ordered = sorted(range(len(rows)), key=lambda i: order(rows[i], i))
    return capped(rows, ordered, lambda r: r.goal, most, f"over the cap of {most} for its goal")


def order(facts: Facts, place: int) -> tuple[bool, int, str, int]:
    return bool(facts.row.failed), facts.length, identity(facts), place


@plugin("cap-family", Number("K", least=1, whole=True), needs=[FAMILIES])
def cap_family(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Of each family K rows at most, drawn evenly.

    Examples-proportional mixing with a limit: T5 (arXiv 1910.10683, section 3.5.2), r_m = min(e_m,
    K) / sum of min(e_n, K).
    """
    most = int(numbers[0])
    ordered = sorted(range(len(rows)), key=lambda i: (lot(rows[i], seed), i))
    return capped(rows, ordered, lambda r: r.family, most, f"over the cap of {most} for its family")


@plugin("temperature", Number("T", least=0.01), needs=[FAMILIES])
def temperature(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Families share a draw by n_f^(1/T) / sum of n_g^(1/T), n_f their rows: T = 1 as they are,
    larger ones more evenly.

    Arivazhagan et al. 2019 (arXiv 1907.05019), of languages, with T = 5; T5 (arXiv 1910.10683,
    section 3.5.2).
    """
    sizes = Counter(r.family for r in rows)
    largest = max(sizes.values(), default=1)
    powers = {name: (size / largest) ** (1 / numbers[0]) for name, size in sizes.items()}
    whole = math.fsum(powers.values())
    return Answer([Kept() for _ in rows], {name: p / whole for name, p in powers.items()})


@plugin("diversity", needs=[FAMILIES, BUDGET])
def diversity(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Each draw takes a family, all alike, and in it a row with weight 2^-rank, rank 0 the longest
    proof.

    s1 (arXiv 2501.19393, section 2.2, the sampling of s1K): a domain uniformly, then a problem of
    it, longer traces favoured by a power law of their rank.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for i, r in enumerate(rows):
        places[r.family].append(i)
    ranks: dict[int, int] = {}
    for found in places.values():
        found.sort(key=lambda i: (-rows[i].length, identity(rows[i]), i))
        ranks.update((i, rank) for rank, i in enumerate(found))
    shares = {name: 1 / len(places) for name in places}
    return Answer([Kept(odds=-ranks[i] * math.log(2)) for i in range(len(rows))], shares)


@plugin("random")
def random(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """All rows, all alike: with a number of rows the baseline that every other choice is measured
    against, as many rows at random (s1, arXiv 2501.19393, section 5.1, its arm `random`)."""
    return Answer([Kept() for _ in rows])


@plugin("grape", needs=[LOGPROBS])
def grape(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Of each question the answer y with the highest (1/|y|) sum_t log p0(y_t | x, y_<t), under the
    model to be trained as it is before.

    GRAPE (arXiv 2502.04194). A correction is a question of its own.
    """
    best: dict[str, tuple[float, str, int]] = {}
    for i, r in enumerate(rows):
        if r.likelihood:
            mine = (-r.likelihood.mean, identity(r), i)
            best[r.row.prompt] = min(best.get(r.row.prompt, mine), mine)

    def judged(place: int, found: Likelihood) -> Kept | str:
        mine = best[rows[place].row.prompt][2] == place
        return Kept() if mine else "another answer to its question is likelier"

    return by_likelihood(rows, judged)


@plugin("flow", needs=[LOGPROBS])
def flow(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Weight exp(-l_i / tau) in the loss, l_i the mean loss of a token of row i under the model as
    it is before training, tau the median of all l.

    FLOW (arXiv 2502.02797, algorithm 1).
    """
    losses = [-r.likelihood.mean for r in rows if r.likelihood]
    tau = statistics.median(losses) if losses else 0.0

    def judged(place: int, found: Likelihood) -> Kept:
        return Kept(weight=math.exp(found.mean / tau) if tau > 0 else 1.0)

    return by_likelihood(rows, judged)


@plugin("stm", Number("PERPLEXITY", 2.5, 1.0), needs=[LOGPROBS])
def stm(rows: Sequence[Facts], numbers: Sequence[float], seed: int) -> Answer:
    """Leaves out of the loss every token with exp(-log p0(y_t | x, y_<t)) > PERPLEXITY.

    Selective token masking (arXiv 2501.14315), with its threshold 2.5.
    """
    least = -math.log(numbers[0])

    def judged(place: int, found: Likelihood) -> Kept | str:
        pairs = zip(found.spans, found.logprobs, strict=True)
        masked = tuple(span for span, logprob in pairs if logprob < least)
        whole = len(masked) == len(found.spans)
        return "every token of it is masked" if whole else Kept(masked=masked)

    return by_likelihood(rows, judged)


def by_rate(rows: Sequence[Facts], judged: Callable[[float], Kept | str]) -> Answer:
    return Answer([UNTRIED if r.rate is None else judged(r.rate) for r in rows])


def by_likelihood(rows: Sequence[Facts], judged: Callable[[int, Likelihood], Kept | str]) -> Answer:
    return Answer([judged(i, r.likelihood) if r.likelihood else UNREAD for i, r in enumerate(rows)])


def grouped(
    rows: Iterable[Facts], group: Callable[[Facts], G], value: Callable[[Facts], V]
) -> Mapping[G, list[V]]:
    found: dict[G, list[V]] = defaultdict(list)
    for facts in rows:
        found[group(facts)].append(value(facts))
    return found


def capped(
    rows: Sequence[Facts],
    ordered: Iterable[int],
    group: Callable[[Facts], Hashable],
    most: int,
    why: str,
) -> Answer:
    """The first of each group, in that order."""
    answers: dict[int, Kept | str] = {}
    taken: Counter[Hashable] = Counter()
    for place in ordered:
        taken[group(rows[place])] += 1
        answers[place] = Kept() if taken[group(rows[place])] <= most else why
    return Answer([answers[i] for i in range(len(rows))])


def identity(facts: Facts) -> str:
    """Equal for rows that say the same, whatever their order."""
    row = facts.row
    return sha256("\0".join((row.header, row.statement, row.body, row.failed, row.problem)))


def lot(facts: Facts, seed: int) -> float:
    """Above 0 and below 1, evenly; it depends on the row and the seed alone, so a row that is drawn
    from few is drawn from more with as good a chance."""
    return (int(sha256(f"{seed}:{identity(facts)}")[:13], 16) + 0.5) / 16**13

"""The figure of docs/benchmarks.md: checks a second by workers, and by candidates at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

INK, SOFT = "#1f3a5f", "#8a94a3"


def draw(data: dict[str, Any], path: Path) -> None:
    """Draw the JSON of `lean_layer.py`; the file's ending decides the format."""
    import matplotlib  # of the extra `bench`: only this figure needs it

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "throughput", "svg.fonttype": "none"})
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    results, cores = data["results"], data["machine"]["cores"]
    curve(left, results["layer"], "workers")
    curve(right, results["by_batch"], f"candidates submitted at once, {cores} workers")
    right.set_xscale("log", base=2)
    right.set_xticks([int(n) for n in results["by_batch"]], list(results["by_batch"]))
    plain = results["plain_loop"]["per_second"]
    for axes in (left, right):
        axes.axhline(plain, color=SOFT, linestyle="--", linewidth=1)
        axes.set_ylim(bottom=0)
    left.set_xticks([int(n) for n in results["layer"]])
    left.set_ylabel("checks a second")
    left.annotate(
        "plain read-eval loop, one process", (1, plain), (0, 4), color=SOFT, fontsize=8,
        textcoords="offset points",
    )  # fmt: skip
    figure.suptitle(f"{len(data['proofs'])} mixed proofs, {cores} cores", fontsize=10)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def curve(axes: Any, figures: dict[str, dict[str, float]], label: str) -> None:
    values = [each["per_second"] for each in figures.values()]
    axes.plot([int(n) for n in figures], values, color=INK, marker="o", linewidth=1.5)
    axes.set_xlabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e3e6ea", linewidth=0.7)
    for n, value in zip(figures, values, strict=True):
        axes.annotate(
            f"{value:.0f}" if value >= 10 else f"{value:.1f}", (int(n), value), (0, 6),
            textcoords="offset points", ha="center", fontsize=8, color=INK,
        )  # fmt: skip

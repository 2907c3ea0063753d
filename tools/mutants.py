"""Break functions in one copy of the tree and run their tests, by mutmut. Writes into the working directory.

    python …/tools/mutants.py PLAN      PLAN: JSON, see `Plan`; the results go to results.json

Run in the copy that `tools/mutation.py` made, by a Python that has mutmut. What is broken is chosen here: mutmut's own
list breaks much that any test sees (an argument becomes None) and never takes away a whole check.
Known limit: mutmut leaves decorated functions alone, so properties are not tried.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import io
import json
import os
import resource
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import libcst as cst
import pytest
from _pytest.config import _prepareconfig
from _pytest.runner import runtestprotocol
from mutmut import __main__ as program
from mutmut.configuration import config
from mutmut.mutation import file_mutation, mutators
from mutmut.mutation.data import MutantLineSpans, SourceFileMutationData
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name, orig_function_and_class_names_from_key
from mutmut.workers.isolation import ForkRunner

_SKIPPED = 34
_DATA_BYTES_MAX = 3 << 30  # a loop without its end must not take the machine's memory


class Plan(NamedTuple):
    """
    What to do.

    sample: how many mutants at most, 0 for all. children: how many at a time. only: names of those to be tried; empty for
    all.
    """

    seed: int
    sample: int
    children: int
    only: list[list[str]]


class Name(NamedTuple):
    """A mutant by what it changes: it keeps its name while its line stands."""

    module: str
    function: str
    before: str
    after: str


# --- what is broken -------------------------------------------------------------------------------


def no_statement(node: cst.Expr) -> Iterator[cst.Pass]:
    """A call or a yield for its effect is left out."""
    if isinstance(node.value, cst.Call | cst.Yield):
        yield cst.Pass()


def no_addition(node: cst.AugAssign) -> Iterator[cst.Pass]:
    """`a += b` is left out."""
    yield cst.Pass()


def no_check(node: cst.If) -> Iterator[cst.If]:
    """A condition never holds."""
    yield node.with_changes(test=cst.Name("False"), whitespace_before_test=cst.SimpleWhitespace(" "))


def no_filter(node: cst.CompIf) -> Iterator[cst.CompIf]:
    """A comprehension takes everything."""
    yield node.with_changes(test=cst.Name("True"), whitespace_before_test=cst.SimpleWhitespace(" "))


def one_side(node: cst.BooleanOperation) -> Iterator[cst.BaseExpression]:
    """Of `a and b`, `a or b` one side alone."""
    for side in (node.left, node.right):
        yield side.with_changes(lpar=[*node.lpar, *side.lpar], rpar=[*side.rpar, *node.rpar])


def no_keyword(node: cst.Call) -> Iterator[cst.Call]:
    """A named argument is left out, unless it is text for people; what then is an error at every call is killed by any test."""
    for index, argument in enumerate(node.args):
        if argument.keyword is not None and argument.keyword.value != "detail":
            yield node.with_changes(args=[*node.args[:index], *node.args[index + 1 :]])


def other_word(node: cst.BaseString) -> Iterator[cst.BaseString]:
    """A code, a name, a key. What has a space or Chinese in it is text for people, and left alone; so is a place in a file."""
    if isinstance(node, cst.SimpleString) and not node.value.lstrip("bBrR").startswith(('"""', "'''")):
        text = node.raw_value
        if text and text.isascii() and " " not in text and not text.startswith("$"):
            yield next(iter(mutators.operator_string(node)))


def swapped(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Comparisons and arithmetic."""
    if isinstance(node, cst.BinaryOperation | cst.ComparisonTarget | cst.UnaryOperation):
        yield from mutators.operator_swap_op(node)


OPERATORS = [
    (cst.Expr, no_statement),
    (cst.AugAssign, no_addition),
    (cst.If, no_check),
    (cst.CompIf, no_filter),
    (cst.BooleanOperation, one_side),
    (cst.Call, no_keyword),
    (cst.BaseString, other_word),
    (cst.CSTNode, swapped),
    (cst.BaseNumber, mutators.operator_number),
    (cst.Name, mutators.operator_name),
    (cst.UnaryOperation, mutators.operator_remove_unary_ops),
    (cst.Call, mutators.operator_symmetric_string_methods_swap),
    (cst.CSTNode, mutators.operator_keywords),
    (cst.Match, mutators.operator_match),
    (cst.IfExp, mutators.operator_if_exp),
]


class Visitor(file_mutation.MutationVisitor):  # type: ignore[misc]
    """Leaves alone what only makes up the text of a message, and what an error says beside its class and code."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FormattedString):
            texts = [part.value for part in node.parts if isinstance(part, cst.FormattedStringText)]
            if any(" " in text or not text.isascii() for text in texts):
                return True
        return bool(super()._skip_node_and_children(node))

    def _create_mutations(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Raise) and isinstance(node.exc, cst.Call):
            self._raised = node.exc
        if node is not getattr(self, "_raised", None):
            super()._create_mutations(node)


# --- which ----------------------------------------------------------------------------------------


def named(path: Path, keys: list[str]) -> dict[str, Name]:
    """By mutmut's key the name, of the mutants of one file."""
    spans = MutantLineSpans.load(path)
    if spans is None:
        raise AssertionError(f"mutmut left no index of {path}")
    lines = (Path("mutants") / path).read_text(encoding="utf-8").split("\n")

    def source(name: str) -> list[str]:
        span = spans.span_by_function_name[name]
        return [line.strip() for line in lines[span.start - 1 : span.end]]

    found = {}
    for key in keys:
        mutant = key.rpartition(".")[2]
        function, owner = orig_function_and_class_names_from_key(key)
        original = mangled_name_from_mutant_name(mutant) + "__mutmut_orig"
        before = [line.replace(original, function) for line in source(original)]
        after = [line.replace(mutant, function) for line in source(mutant)]
        changes = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
        minus, plus = (" ".join(line[1:] for line in changes if line[0] == sign).strip() for sign in "-+")
        found[key] = Name(path.as_posix(), f"{owner}.{function}" if owner else function, minus, plus)
    return found


def choose(names: dict[str, Name], plan: Plan) -> set[str]:
    """The keys of the sample. A mutant's place in the order hangs on its name and the seed alone."""
    if plan.only:
        return {key for key, name in names.items() if list(name) in plan.only}
    if not plan.sample:
        return set(names)
    order = sorted(names, key=lambda key: hashlib.sha256(json.dumps([plan.seed, *names[key], key]).encode()).digest())
    return set(order[: plan.sample])


# --- their tests ----------------------------------------------------------------------------------


class Collected(PytestRunner):  # type: ignore[misc]
    """Collects the tests once, where mutmut would do so for each mutant; a child runs those of its mutant, to the first failure."""

    _session: pytest.Session | None = None
    at_loading: ClassVar[set[str]] = set()  # functions that ran before any test did

    def execute_pytest(self, params: list[str], **keywords: Any) -> int:
        """As mutmut does it; what runs while modules are loaded is no test's doing, and can't be broken for a test."""
        seen = self.at_loading

        class Loading:
            def pytest_collection_finish(self) -> None:
                seen.update(state()._stats)  # noqa: SLF001
                state()._stats.clear()  # noqa: SLF001

        plugins = [*keywords.pop("plugins", []), Loading()]
        return int(super().execute_pytest(params, plugins=plugins, **keywords))

    def collect(self) -> None:
        """To be called before the first mutant, with nothing broken."""
        arguments = ["--rootdir=.", "-s", "-q", *self._pytest_add_cli_args, *self._pytest_add_cli_args_test_selection]
        with contextlib.chdir("mutants"), contextlib.redirect_stdout(io.StringIO()):
            settings = _prepareconfig(arguments)
            settings._do_configure()  # noqa: SLF001
            self._session = pytest.Session.from_config(settings)
            settings.hook.pytest_sessionstart(session=self._session)
            self._session.perform_collect()

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """0 where all tests pass, 1 where one fails."""
        if mutant_name is None or self._session is None:
            return int(super().run_tests(mutant_name=mutant_name, tests=tests))
        resource.setrlimit(resource.RLIMIT_DATA, (_DATA_BYTES_MAX, _DATA_BYTES_MAX))
        scratch = _KILLERS.with_name(str(os.getpid()))
        scratch.parent.mkdir(exist_ok=True)
        self._session.config._tmp_path_factory._given_basetemp = scratch  # type: ignore[attr-defined]  # noqa: SLF001
        items = {item.nodeid: item for item in self._session.items}
        chosen = [items[test] for test in likely_first(mutant_name, list(tests))]
        try:
            with contextlib.chdir("mutants"):
                for item, following in zip(chosen, [*chosen[1:], None], strict=True):
                    if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                        remember(mutant_name, item.nodeid)
                        return 1
            return 0
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


_KILLERS = Path("scratch/killers").absolute()


def remember(mutant: str, test: str) -> None:
    """A test that killed one mutant of a function is tried first on the next."""
    with _KILLERS.open("a", encoding="utf-8") as file:
        file.write(f"{mangled_name_from_mutant_name(mutant)} {test}\n")


def likely_first(mutant: str, tests: list[str]) -> list[str]:
    """Those that killed mutants of the same function, then of the same module, then the quick ones, as they come."""
    lines = _KILLERS.read_text(encoding="utf-8").splitlines() if _KILLERS.exists() else []
    function = mangled_name_from_mutant_name(mutant)
    module = function.rpartition(".")[0]
    known = [tuple(line.split(" ", 1)) for line in reversed(lines)]
    first = [test for killed, test in known if killed == function]
    then = [test for killed, test in known if killed.rpartition(".")[0] == module]
    mine = set(tests)
    return list(dict.fromkeys(test for test in [*first, *then[:50], *tests] if test in mine))


class Runner(ForkRunner):  # type: ignore[misc]
    """One child for each mutant."""

    def run_clean_tests(self, tests: Iterable[str]) -> int:
        """0: the run that saw which test calls what has passed on the same code."""
        return 0

    def startup(self) -> None:
        """The tests are collected before the first fork."""
        self.test_runner.collect()
        super().startup()


# --- the run --------------------------------------------------------------------------------------


def data_of(path: Path) -> SourceFileMutationData:
    """What mutmut knows of one file."""
    data = SourceFileMutationData(path=path)
    data.load()
    return data


def prepare(plan: Plan) -> None:
    """Make the mutants, and mark those that are not to be tried."""
    Path("mutants").mkdir()
    copy_src_dir()
    copy_also_copy_files()
    program.create_mutants(plan.children)
    files = {path: data_of(path) for path in walk_mutatable_files()}
    names = {
        key: name for path, data in files.items() for key, name in named(path, list(data.exit_code_by_key)).items()
    }
    chosen = choose(names, plan)
    for data in files.values():
        data.exit_code_by_key = {key: None if key in chosen else _SKIPPED for key in data.exit_code_by_key}
        data.save()


def results() -> list[dict[str, object]]:
    """Each mutant with what became of it."""
    found = []
    for path in walk_mutatable_files():
        data = data_of(path)
        names = named(path, list(data.exit_code_by_key))
        for key, code in data.exit_code_by_key.items():
            status, function = status_by_exit_code[code], mangled_name_from_mutant_name(key)
            if function in Collected.at_loading and not state().tests_by_mangled_function_name.get(function):
                status = "at loading"
            found.append({**names[key]._asdict(), "key": key, "status": status})
    return found


def main() -> int:
    """Do what the plan says. Exit status."""
    plan = Plan(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    if Path(__file__).resolve().is_relative_to(Path.cwd()):
        raise SystemExit("this would break the tree that it lies in")
    mutators.mutation_operators[:] = OPERATORS
    file_mutation.MutationVisitor = Visitor
    config()
    prepare(plan)
    program.get_mutant_runner = lambda children=1: Runner(children, Collected())
    program._run((), plan.children)  # noqa: SLF001
    Path("results.json").write_text(json.dumps(results(), ensure_ascii=False, indent=0), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

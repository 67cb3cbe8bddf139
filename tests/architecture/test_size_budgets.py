"""Small enough to be read: files, functions, parameter lists and services have a budget."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.architecture.sources import Source, sources, written

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
PARAMETERS_MAX = 6
SERVICE_METHODS_MAX = 12
# Not counted, by the name of the first: Python itself passes a metaclass its name, bases and namespace.
GIVEN_PARAMETERS = {"self": 1, "cls": 1, "mcs": 4}


def long_files(source: Source) -> Iterator[str]:
    lines = len(source.text.splitlines())
    if lines > FILE_LINES_MAX:
        yield f"{source.path}: {lines} lines, at most {FILE_LINES_MAX}: split it by subject"


def long_functions(source: Source) -> Iterator[str]:
    for function in source.functions():
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            yield f"{source.path}:{function.lineno}: {function.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"


def many_parameters(source: Source) -> Iterator[str]:
    if source.path.parts[0] == "tests":
        return  # A test's parameters are fixtures and cases.
    for function in source.functions():
        arguments = function.args
        named = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        named = named[GIVEN_PARAMETERS.get(named[0], 0) :] if named else []
        if len(named) > PARAMETERS_MAX:
            where = f"{source.path}:{function.lineno}"
            yield f"{where}: {function.name} has {len(named)} parameters, at most {PARAMETERS_MAX}"


def wide_services(source: Source) -> Iterator[str]:
    """A service splits by aggregate. A port is as wide as its user needs; a saga has a method per step."""
    if "application" not in source.path.parts:
        return
    for found in source.classes():
        if any(ast.unparse(base).split("[")[0].endswith(("Protocol", "Saga")) for base in found.bases):
            continue
        methods = [
            node.name
            for node in found.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        ]
        if len(methods) > SERVICE_METHODS_MAX:
            yield (
                f"{source.path}:{found.lineno}: {found.name} has {len(methods)} public methods, "
                f"at most {SERVICE_METHODS_MAX}: split it by aggregate"
            )


BUDGETS = [long_files, long_functions, many_parameters, wide_services]


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: budget.__name__)
def test_every_file_keeps_its_budget(budget: Callable[[Source], Iterator[str]]) -> None:
    assert [complaint for source in sources() for complaint in budget(source)] == []


def service_of(methods: int, base: str = "") -> str:
    return f"class Orders{base}:\n" + "".join(f"    def ask_{number}(self): ...\n" for number in range(methods))


def function_of(lines: int) -> str:
    return "def f():\n" + "    pass\n" * (lines - 1)


SERVICE = "argosy/domains/orders/application/orders.py"
AT_THE_LIMIT = [
    (long_files, written("argosy/a.py", "\n" * 500)),
    (long_functions, written("argosy/a.py", function_of(60))),
    (many_parameters, written("argosy/a.py", "class A:\n    def f(self, a, b, c, *, d, e, f): ...\n")),
    (many_parameters, written("argosy/a.py", "class A:\n    @classmethod\n    def f(cls, a, b, c, d, e, f): ...\n")),
    (
        many_parameters,
        written("argosy/a.py", "class A(type):\n    def __new__(mcs, n, b, ns, *, c, d, e, f, g, h): ...\n"),
    ),
    (many_parameters, written("tests/test_a.py", "def test_a(a, b, c, d, e, f, g): ...\n")),
    (wide_services, written(SERVICE, service_of(12))),
    (wide_services, written(SERVICE, service_of(13, "(Protocol)"))),
    (wide_services, written(SERVICE, service_of(13, "(Saga[CheckoutState])"))),
    (wide_services, written("argosy/domains/orders/domain/order.py", service_of(13))),
]
OVER_THE_LIMIT = [
    (long_files, written("argosy/a.py", "\n" * 501)),
    (long_functions, written("argosy/a.py", function_of(61))),
    (long_functions, written("argosy/a.py", "async " + function_of(61))),
    (many_parameters, written("argosy/a.py", "def f(a, b, c, d, e, f, g): ...\n")),
    (many_parameters, written("argosy/a.py", "class A:\n    def f(self, a, /, b, c, d, *, e, f, g): ...\n")),
    (
        many_parameters,
        written("argosy/a.py", "class A(type):\n    def __new__(mcs, n, b, ns, *, c, d, e, f, g, h, i): ...\n"),
    ),
    (wide_services, written(SERVICE, service_of(13))),
]


@pytest.mark.parametrize(("budget", "source"), AT_THE_LIMIT)
def test_what_is_at_the_limit_passes(budget: Callable[[Source], Iterator[str]], source: Source) -> None:
    assert list(budget(source)) == []


@pytest.mark.parametrize(("budget", "source"), OVER_THE_LIMIT)
def test_one_more_than_the_limit_is_named(budget: Callable[[Source], Iterator[str]], source: Source) -> None:
    (complaint,) = budget(source)
    assert complaint.startswith(f"{source.path}:")

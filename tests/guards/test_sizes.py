"""No module and no function outgrows a reader's head (house §4)."""

from source_tree import functions, modules, modules_of_tests

MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70


def test_modules_are_short() -> None:
    long = {
        module.name: lines
        for module in (*modules(), *modules_of_tests())
        if (lines := len(module.text.splitlines())) > MODULE_LINES_MAX
    }

    assert long == {}


def test_functions_are_short() -> None:
    long = {
        f"{module.name} {function.name}": lines
        for module in (*modules(), *modules_of_tests())
        for function in functions(module.tree)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES_MAX
    }

    assert long == {}

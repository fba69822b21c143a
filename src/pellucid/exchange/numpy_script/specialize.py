"""The definition's own functions, rewritten for one network: what is settled there is put in, and folded away.

    relu(x, negative_slope=0.0, max_value=None, threshold=0.0)   →   relu(x)
    SGD.update(self, w, g, s, lr, t)                             →   updated(w, g, lr)

A function's source is read (never run) as a tree. Options and attributes of `self` become numbers, tests on them are
decided, checks are dropped, copies of names are undone, and every function that is called is treated alike; comments
and the first paragraph of the docstring stay. So a script says what the definition says, and nothing besides.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ...activations import Activation
from ...errors import InvalidArgument
from ...layers import hashes
from . import fold
from .listing import comments_of, documented, listing
from .source import bits_shown, definition, module_tree, overwrites, shown, targets

OURS = __name__.partition(".")[0]
RETURNED = {  # checks that return what they were given, in order: of their arguments, which; shapes are settled by now
    "alike": (1, 2), "one_hot_alike": (1, 2), "class_numbers": (1, 2), "axes_of": (2,),
}  # fmt: skip
INLINE = {"mean", "mean_grad", "product", "total", "absolute", "squares"}  # one expression each, plainer than its name
Key = tuple[Any, ...]


@dataclass
class Written:
    """A function of the script: its name there, the arguments it kept (of the definition's), its text."""

    name: str
    kept: list[int | str]
    text: str = ""
    body: list[ast.stmt] = field(default_factory=list)
    called: bool = False  # whether anything in the script calls it by its name


@dataclass
class Library:
    """The functions and constants that a script needs, each written once, those first that others call."""

    functions: dict[Key, Written] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)  # taken in the script
    order: list[Written] = field(default_factory=list)
    about: dict[str, list[str]] = field(default_factory=dict)  # docstrings for functions without one

    def write(self, function: Callable[..., Any], name: str = "", /, **settled: Any) -> Written:
        """The function with these arguments settled, under its own name or this one."""
        owner = getattr(function, "__self__", None)
        plain = inspect.unwrap(getattr(function, "__func__", function))
        signature = list(inspect.signature(plain).parameters.values())
        if owner is not None:
            signature = signature[1:]
        whose = None if owner is None else (type(owner), repr(owner.get_config()))
        parts = {k: v for k, v in settled.items() if isinstance(v, Activation)}
        key = (plain, whose, tuple(sorted((k, said_of(v)) for k, v in settled.items())))
        if key in self.functions:
            return self.functions[key]
        self.functions[key] = made = Written(self.free(name or shown(plain)), [])
        tree = definition(plain)
        env: dict[str, ast.expr] = {k: fold.constant(v) for k, v in settled.items() if k not in parts}
        body = Specializer(self, plain, owner, env, parts).block(tree.body)
        used = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)}
        parameters = [p for p in signature if p.name not in settled and p.name in used]
        positional = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
        keywords = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        places = [p.name for p in signature]
        made.kept = [places.index(p.name) for p in positional] + [p.name for p in keywords]
        made.body = fold.returned_at_once(body)
        given = ", ".join([p.name for p in positional] + (["*"] * bool(keywords)) + [p.name for p in keywords])
        defaults = {p.name: p.default for p in signature if p.default is not p.empty}
        said = {k: v for k, v in settled.items() if k not in parts}
        docstring = documented(tree, said, defaults) or self.about.get(made.name, [])
        made.text = listing(f"def {made.name}({given}):", docstring, made.body, comments_of(plain))
        for other in self.order:
            if other.text.partition("(")[2] == made.text.partition("(")[2]:  # what was settled makes no difference
                self.names.discard(made.name)
                self.functions[key] = other
                return other
        self.order.append(made)
        return made

    def forget(self, written: Written) -> None:
        """Leave a function out of the script that nothing calls: what it says stands where it would be called."""
        if not written.called:
            self.order = [w for w in self.order if w is not written]
            self.functions = {key: w for key, w in self.functions.items() if w is not written}
            self.names.discard(written.name)

    def keep_called(self, text: str) -> None:
        """Leave out what neither this text nor a function that stays calls: a gradient of what is no tensor, say."""
        kept, waiting = set[str](), [text]
        while waiting:
            called = set(re.findall(r"\w+(?=\()", waiting.pop())) - kept
            kept |= called
            waiting += [w.text for w in self.order if w.name in called]
        self.order = [w for w in self.order if w.name in kept]

    def texts(self) -> list[str]:
        """All functions, each gradient right under its function."""
        names = {w.name for w in self.order}
        base = {w.name: w.name.replace("_grad", "", 1) for w in self.order if "_grad" in w.name}
        later = {name for name, b in base.items() if b in names}
        texts = []
        for w in self.order:
            if w.name not in later:
                texts += [w.text, *(g.text for g in self.order if g.name in later and base[g.name] == w.name)]
        return texts

    def free(self, name: str) -> str:
        """The name, or the first of name_2, name_3... that nothing in the script has."""
        found, n = name, 1
        while found in self.names:
            n += 1
            found = f"{name}_{n}"
        self.names.add(found)
        return found

    def constant(self, name: str, plain: Callable[..., Any]) -> str:
        """The name in the script of a constant that the function's module has: its text copied, or else its value."""
        value = plain.__globals__[name]
        text = "" if not isinstance(value, int | float | tuple) else ast.unparse(fold.constant(value))
        for statement in module_tree(plain).body:
            if isinstance(statement, ast.Assign) and any(ast.unparse(t) == name for t in targets(statement)):
                text = text or ast.unparse(Specializer(self, plain, None, {}).visit(copy.deepcopy(statement.value)))
        if not text:
            raise InvalidArgument("to_numpy", f"a number {name} in {plain.__module__}", value)
        text = bits_shown(text)
        here = name.strip("_")
        if self.constants.get(here, text) != text:
            here = self.free(here)
        self.constants[here] = text
        self.names.add(here)
        return here


def said_of(value: Any) -> str:
    """What a settled argument is, so that like ones are told alike."""
    return f"{value.name} {value.options}" if isinstance(value, Activation) else repr(value)


class Specializer(ast.NodeTransformer):
    """One function's body, statement by statement; `env` says what each name stands for, where that is settled, and
    `parts` which activation an argument is."""

    def __init__(
        self, library: Library, function: Callable[..., Any], owner: Any, env: dict[str, ast.expr],
        parts: Mapping[str, Activation] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self.library, self.function, self.owner, self.env, self.parts = library, function, owner, env, parts
        self.own = set(function.__code__.co_varnames)
        self.fixed: set[str] = set()  # names that a loop changes: they stand for themselves

    # Statements --------------------------------------------------------------------------------------------------

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements, rewritten."""
        out: list[ast.stmt] = []
        for statement in statements:
            out += self.statement(statement)
            if out and isinstance(out[-1], ast.Return | ast.Raise):
                break
        return out

    def statement(self, s: ast.stmt) -> list[ast.stmt]:
        if isinstance(s, ast.AnnAssign) and s.value is not None:
            s = ast.copy_location(ast.Assign([s.target], s.value), s)
        if isinstance(s, ast.Assign):
            return self.assignment(s)
        if isinstance(s, ast.AugAssign):
            s.value = self.visit(s.value)
            return [*self.written_down(fold.names_of(s.target)), s]
        if isinstance(s, ast.Return) and s.value is not None:
            said, s.value = "np.where" in ast.unparse(s.value), self.visit(s.value)
            if said and "np.where" not in ast.unparse(s.value):
                return [ast.Return(s.value, lineno=0)]  # what its comment spoke of is gone
            return [s]
        if isinstance(s, ast.If):
            return self.branch(s)
        if isinstance(s, ast.For | ast.While):
            return self.loop(s)
        if isinstance(s, ast.With):
            s.body = self.block(s.body)
            return [s]
        if isinstance(s, ast.Expr):
            called = s.value.func if isinstance(s.value, ast.Call) else None
            function = None if called is None else self.ours(called)
            if isinstance(s.value, ast.Constant) or (function is not None and not overwrites(function)):
                return []  # a docstring, or a check
            s.value = self.visit(s.value)
        return [s]

    def assignment(self, s: ast.Assign) -> list[ast.stmt]:
        target, value = s.targets[0], self.visit(s.value)
        if len(s.targets) > 1:
            s.value = value
            return [*self.kept_apart(set().union(*map(fold.names_of, s.targets))), s]
        if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
            before = self.kept_apart(fold.names_of(target))
            if isinstance(target, ast.Name) and self.settled(value) and target.id not in self.fixed:
                self.env[target.id] = value
                return before
            s.targets, s.value = [target], value
            return [*before, s]
        before = self.kept_apart(fold.names_of(target), value)
        pairs = list(zip(target.elts, value.elts, strict=True))
        left = []
        for name, v in pairs:
            if isinstance(name, ast.Name) and self.settled(v) and name.id not in self.fixed:
                self.env[name.id] = v
            else:
                left.append((name, v))
        if not left:
            return before
        names, values = zip(*left, strict=True)
        s.targets = [names[0] if len(left) == 1 else ast.Tuple(list(names), ast.Store())]
        s.value = values[0] if len(left) == 1 else ast.Tuple(list(values), ast.Load())
        return [*before, s]

    def settled(self, value: ast.expr) -> bool:
        """Whether a name may be replaced by what was assigned to it: a constant, or another name."""
        return fold.is_constant(value) or (isinstance(value, ast.Name) and value.id not in self.fixed)

    def kept_apart(self, changed: set[str], *values: ast.expr) -> list[ast.stmt]:
        """What stands for a name about to change must first be written down; the name then stands for itself."""
        for name in changed:
            self.env.pop(name, None)
        kept = [name for name, v in self.env.items() if isinstance(v, ast.Name) and v.id in changed]
        return [ast.Assign([ast.Name(name, ast.Store())], self.env.pop(name), lineno=0) for name in kept]

    def written_down(self, changed: set[str]) -> list[ast.stmt]:
        """As `kept_apart`, for names that may also keep what they stand for: that is written down, too."""
        mine = [
            ast.Assign([ast.Name(n, ast.Store())], self.env[n], lineno=0) for n in sorted(changed & self.env.keys())
        ]
        return [*mine, *self.kept_apart(changed)]

    def branch(self, s: ast.If) -> list[ast.stmt]:
        s.test = self.visit(s.test)
        decided = fold.truth(s.test)
        if decided is not None:
            return self.block(s.body if decided else s.orelse)
        if all(isinstance(inner, ast.Raise) for inner in s.body) and not s.orelse:
            return []  # a check
        before = self.written_down(fold.assigned([*s.body, *s.orelse]))
        env = dict(self.env)
        s.body = self.block(s.body)
        self.env = dict(env)
        s.orelse = self.block(s.orelse)
        self.env = {k: v for k, v in env.items() if k not in fold.assigned([*s.body, *s.orelse])}
        return [*before, s]

    def loop(self, s: ast.For | ast.While) -> list[ast.stmt]:
        changed = fold.assigned(s.body) | (fold.names_of(s.target) if isinstance(s, ast.For) else set())
        before = self.written_down(changed)
        self.fixed |= changed
        if isinstance(s, ast.For):
            s.iter = self.visit(s.iter)
        else:
            s.test = self.visit(s.test)
        s.body = self.block(s.body)
        return [*before, s]

    # Expressions -------------------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Store):
            return node
        if node.id in self.env:
            return copy.deepcopy(self.env[node.id])
        value = self.function.__globals__.get(node.id)
        if node.id in self.own or value is None:
            return node
        if isinstance(value, types.ModuleType):
            self.library.modules.add(f"import {value.__name__}" if node.id != "np" else "import numpy as np")
            return node
        if isinstance(value, types.BuiltinFunctionType):
            self.library.modules.add(f"from {value.__module__.strip('_')} import {node.id}")
            return node
        return ast.Name(self.library.constant(node.id, self.function), ast.Load())

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "self" and self.owner is not None:
            return fold.constant(getattr(self.owner, node.attr))
        if isinstance(node.value, ast.Name) and f"{node.value.id}.{node.attr}" in self.env:
            return self.env[f"{node.value.id}.{node.attr}"]
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        called = self.ours(node.func)
        if called is None:
            self.generic_visit(node)
            return fold.call(node)
        name = getattr(called, "__name__", "")
        if name in RETURNED:
            given = [self.visit(node.args[i]) for i in RETURNED[name]]
            return fold.as_axes(given[0]) if name == "axes_of" else ast.Tuple(given, ast.Load())
        return self.call_ours(called, node)

    def call_ours(self, called: Callable[..., Any], node: ast.Call) -> ast.expr:
        """A call of one of our functions, with its constant arguments settled there and left out here."""
        plain = inspect.unwrap(getattr(called, "__func__", called))
        parameters = inspect.signature(called).parameters
        places = list(parameters)
        given = {places[i]: self.visit(argument) for i, argument in enumerate(node.args)}
        given |= {str(k.arg): self.visit(k.value) for k in node.keywords}
        defaults = {n: fold.constant(p.default) for n, p in parameters.items() if p.default is not p.empty}
        options = getattr(called, "options", {}) or self.options_of(node.func)  # of an activation
        given = {**defaults, **{n: fold.constant(v) for n, v in options.items()}, **given}
        settled = {n: ast.literal_eval(v) for n, v in given.items() if fold.is_constant(v)}
        settled = {} if plain.__module__ == hashes.__name__ else settled  # which call each other in many ways
        written = self.library.write(called, **settled)
        plainer = plain.__name__ in INLINE or fold.says_nothing(written.body)
        if plainer and (value := fold.in_place(written.body, given)) is not None:
            self.library.forget(written)
            return value
        written.called = True
        arguments = [given[places[k]] for k in written.kept if isinstance(k, int)]
        keywords = [ast.keyword(k, given[k]) for k in written.kept if isinstance(k, str)]
        return ast.Call(ast.Name(written.name, ast.Load()), arguments, keywords)

    def options_of(self, func: ast.expr) -> Mapping[str, Any]:
        """Those of the activation that an argument is, where it or its slope is called."""
        whose = func.value if isinstance(func, ast.Attribute) else func
        return self.parts[whose.id].options if isinstance(whose, ast.Name) and whose.id in self.parts else {}

    def ours(self, func: ast.expr) -> Callable[..., Any] | None:
        """The function of the definition that an expression names: its own, a method's, an activation's."""
        if isinstance(func, ast.Name) and func.id in self.parts:
            return self.parts[func.id].forward
        if isinstance(func, ast.Attribute):
            if isinstance(func.value, ast.Name) and func.value.id == "self" and self.owner is not None:
                return getattr(self.owner, func.attr)  # type: ignore[no-any-return]
            part = self.activation(func.value)
            return None if part is None else part.backward
        if not isinstance(func, ast.Name) or func.id in self.own:
            return None
        value = self.function.__globals__.get(func.id)
        if isinstance(value, Activation):
            return value.forward
        plain = inspect.unwrap(value) if callable(value) else None
        ours = isinstance(plain, types.FunctionType) and plain.__module__.partition(".")[0] == OURS
        return plain if ours else None

    def activation(self, node: ast.expr) -> Activation | None:
        """The activation in `log_softmax.bound(axis=axis).grad(...)`, of which `.grad` was taken off."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "bound":
            node = node.func.value
        if not isinstance(node, ast.Name):
            return None
        value = self.parts.get(node.id) or self.function.__globals__.get(node.id)
        return value if isinstance(value, Activation) else None

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test = self.visit(node.test)
        decided = fold.truth(test)
        if decided is not None:
            return self.visit(node.body if decided else node.orelse)  # type: ignore[no-any-return]
        return ast.IfExp(test, self.visit(node.body), self.visit(node.orelse))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        return fold.simpler(node) if isinstance(node, ast.expr) else node

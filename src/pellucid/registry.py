"""Names of parts: how a word like 'relu' or a saved config becomes an object again.

A *part* is anything a user names in a model: a layer, an initializer, a loss. Parts of one kind form a
*family*. The config of a part is the arguments of its constructor, each of which it keeps under the same
name; that is the whole rule, and `Part.get_config` needs no code in the parts themselves.

Saved form, Keras 3's: {"module": "keras.layers", "class_name": "Dense", "config": {...}, "registered_name": None}.
Loading looks names up in tables filled by decorators; it never imports or evaluates what a file names.
"""

from __future__ import annotations

import inspect
import re
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np

from .errors import InvalidArgument, Told, UnknownArgument, UnknownName, WrongType, of_others
from .late import listen

T = TypeVar("T", bound="Part")
C = TypeVar("C", bound=type)

_families: list[Family[Any]] = []
_custom: dict[str, Any] = {}  # registered name -> the user's class or function


@cache
def snake(name: str) -> str:
    """GlorotUniform -> glorot_uniform, as Keras spells it (LayerNormalization -> layer_normalization)."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


class Part:
    """Something with a config: its constructor's arguments, kept under their own names."""

    family: ClassVar[Family[Any]]
    hint: ClassVar[str] = "The docstring of its base class shows how."  # for whoever wrote half a part
    keras_module: ClassVar[str | None] = None  # where Keras keeps this part, if not with the rest of its family
    passing: ClassVar[frozenset[str]] = frozenset()  # attributes that say where a run stands, not what is computed
    __slots__ = ("_told",)  # a slot, so that no copy takes it along
    _told: tuple[weakref.ref[Revision], ...]  # what was compiled from this part, to be made anew when it is changed

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name in self.passing:
            return
        for told in getattr(self, "_told", ()):
            if (revision := told()) is not None:
                revision.edits += 1

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if lacking := _unwritten(cls):  # type: ignore[arg-type]
            names = ", ".join(lacking)
            raise InvalidArgument(
                f"class {cls.__name__}", f"{names}, which every {cls.family.kind} needs", Told("none"), cls.hint
            )
        for name in kwargs:
            if not cls.takes(name):
                raise UnknownArgument(f"{cls.__name__}, its arguments", name, arguments(cls))
        return super().__new__(cls)

    @classmethod
    def takes(cls, name: str) -> bool:
        """Whether the constructor has an argument of this name; that of a user's own class is Python's to judge."""
        return name in arguments(cls) or cls.family.named(cls.__name__) is not cls

    def notice(self) -> None:
        """Count what has changed within it without an attribute's being set."""

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data, enough to make this part again."""
        return {name: plain(getattr(self, name)) for name in arguments(type(self))}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The part that a config describes; an unknown key is an error that names the nearest known one.

        An unknown key that is None is passed over: other versions of Keras save options we lack, switched off.
        """
        known = arguments(cls)
        for key, value in config.items():
            if key not in known and value is not None:
                raise UnknownName(f"{cls.__name__}.from_config", key, known)
        needs(f"{cls.__name__}.from_config", cls, config)
        return cls(**{key: value for key, value in config.items() if key in known})

    def where(self, argument: str) -> str:
        """What an error about an argument of the constructor begins with: "Dense, argument units"."""
        return f"{type(self).__name__}, argument {argument}"


class Revision:
    """How often what something was compiled from has been changed.

    `follow` tells it of a part and of all parts in it: from then on, each attribute set on one of them counts. Parts
    that it does not follow may change as they like.

    >>> from pellucid.layers import Dense
    >>> layer, other, revision = Dense(3, kernel_regularizer="l2"), Dense(3), Revision()
    >>> revision.follow(layer)
    >>> layer.kernel_regularizer.l2, other.units = 0.5, 4
    >>> revision.edits
    1
    """

    def __init__(self) -> None:
        self.edits = 0
        self.noticing: list[weakref.ref[Part]] = []  # parts that look for changes when asked

    def look(self) -> None:
        """Have `edits` count those, too, that a part only finds when it looks."""
        for known in self.noticing:
            if (part := known()) is not None:
                part.notice()

    def follow(self, part: Part) -> None:
        """Count the changes of this part and of the parts that it holds: attributes, in lists and mappings too."""
        me = weakref.ref(self)
        with _following:
            found_all = list(_parts_in(part))
            self.noticing = [weakref.ref(found) for found in found_all if type(found).notice is not Part.notice]
            for found in found_all:
                known = tuple(told for told in getattr(found, "_told", ()) if told() is not None)
                if me not in known:
                    object.__setattr__(found, "_told", (*known, me))


_following = threading.Lock()


def _parts_in(root: Any) -> Iterator[Part]:
    """The part, and every part that can be reached from it through what is ours and through Python's containers."""
    seen, waiting = {id(root)}, [root]
    while waiting:
        found = waiting.pop()
        inside: Iterable[Any] = ()
        if isinstance(found, Part):
            yield found
            inside = [value for name, value in found.__dict__.items() if name not in found.passing]
        elif isinstance(found, Mapping):
            inside = found.values()
        elif isinstance(found, list | tuple | set | frozenset):
            inside = found
        elif type(found).__module__.startswith(f"{__package__}."):
            inside = getattr(found, "__dict__", {}).values()
        for value in list(inside):
            if id(value) not in seen and not isinstance(value, np.ndarray | str | int | float | type | None):
                seen.add(id(value))
                waiting.append(value)


@cache
def _unwritten(cls: type) -> list[str]:
    """What a class leaves abstract."""
    return [name for name in dir(cls) if getattr(getattr(cls, name, None), "__isabstractmethod__", False)]


def arguments(cls: type) -> tuple[str, ...]:
    """The names of a part's constructor arguments, its base classes' included.

    A class that passes **kwargs on to its base takes the base's arguments too.
    """
    return _arguments(cls)


@cache
def _arguments(cls: type) -> tuple[str, ...]:
    names: list[str] = []
    for base in cls.__mro__[:-1]:  # object's takes nothing
        init = base.__dict__.get("__init__")
        if init is None:
            continue
        parameters = list(inspect.signature(init).parameters.values())[1:]
        names += [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return tuple(dict.fromkeys(names))


def needs(where: str, made: Any, given: Iterable[str] = ()) -> None:
    """Refuse to make a part without an argument that has no default."""
    lacking = [name for name in needed_of(made) if name not in given] if isinstance(made, type) else []
    if lacking:
        raise InvalidArgument(
            where, f"{made.__name__} with {', '.join(lacking)}", Told("it without"),
            f"Write {made.__name__}({', '.join(f'{name}=...' for name in lacking)}).",
        )  # fmt: skip


@cache
def needed_of(cls: Any) -> tuple[str, ...]:
    """The arguments of a class's constructor that have no default."""
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(cls).parameters.values()
    return tuple(p.name for p in parameters if p.kind not in many and p.default is p.empty)


def plain(value: Any) -> Any:
    """A value as JSON can hold it: parts become their saved form, arrays lists, tuples lists."""
    if isinstance(value, Part):
        return value.family.serialize(value)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


class Family(Generic[T]):
    """All parts of one kind, by name: `activations`, `layers`, `losses`, ..."""

    def __init__(self, kind: str, module: str) -> None:
        self.kind, self.plural, self.module = kind, module.rpartition(".")[2], module
        _families.append(self)
        self.parts: dict[str, type[T]] = {}  # class name -> class, as saved files name it
        self.names: dict[str, Callable[[], T]] = {}  # every word users may write -> how to make the part

    def add(self, *aliases: str) -> Callable[[C], C]:
        """Class decorator: answer to the class's name, its snake_case form, and these aliases."""

        def register(cls: C) -> C:
            self.parts[cls.__name__] = cls
            for name in (cls.__name__, snake(cls.__name__), *aliases):
                self.names[name] = cls
            return cls

        return register

    def get(self, identifier: Any, where: str = "") -> T:
        """The part that a name, a config, a class or a part stands for."""
        where = where or f"{self.plural}.get"
        if isinstance(identifier, Part) and identifier.family is self:
            return identifier  # type: ignore[return-value]
        if isinstance(identifier, str):
            if identifier in self.names or (listen() and identifier in self.names):
                needs(where, self.names[identifier])
                return self.names[identifier]()
            if identifier in _custom:
                return self._made(_custom[identifier])
            raise UnknownName(where, identifier, [n for n in self.names if n == n.lower()])
        if isinstance(identifier, Mapping):
            return self.deserialize(identifier, where=where)
        if isinstance(identifier, type) and issubclass(identifier, Part):
            needs(where, identifier)
            return self.get(identifier(), where)
        wanted = f"a name, a config or a part of the kind '{self.kind}'"
        if callable(identifier):
            told = Told(getattr(identifier, "__name__", repr(identifier)))
            raise WrongType(where, wanted, told, f"Derive a class from the base class of every {self.kind}.")
        raise WrongType(where, wanted, identifier, of_others(identifier))

    def optional(self, identifier: Any, where: str = "") -> T | None:
        """As `get`, with None for none."""
        return None if identifier is None else self.get(identifier, where)

    def named(self, name: str) -> type[T] | None:
        """The class that a saved form names: by its own name, in snake_case, in any case, or by another of its names.

        Keras 2 saved "adam", and people write "he_normal"; Keras 3 takes some of these words in each family.
        """
        if name in self.parts:
            return self.parts[name]
        folded, alias = name.lower(), self.names.get(name)
        for known, cls in self.parts.items():
            if folded in (known.lower(), snake(known)):
                return cls
        return alias if isinstance(alias, type) else None

    def serialize(self, part: T) -> Any:
        """The saved form of a part."""
        cls = type(part)
        known = self.named(cls.__name__) is cls
        return {
            "module": (cls.keras_module or self.module) if known else cls.__module__,
            "class_name": cls.__name__,
            "config": part.get_config(),
            "registered_name": None if known else registered_name(cls),
        }

    def deserialize(
        self, saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None, where: str = ""
    ) -> T:
        """The part that a saved form describes."""
        where = where or f"{self.plural}.deserialize"
        name, custom = _class_name(where, saved), {**_custom, **(custom_objects or {})}
        config = saved.get("config") or {}
        cls = custom.get(saved.get("registered_name") or "", custom.get(name)) or self.named(name)
        if cls is None and listen():
            return self.deserialize(saved, custom_objects, where)
        if cls is None:
            raise UnknownName(
                where, name, self.parts, "If it is your own, pass custom_objects or register it before loading."
            )
        if not (isinstance(cls, type) and issubclass(cls, Part)):
            return self._made(cls)
        if not isinstance(config, Mapping):
            raise InvalidArgument(f"{where}, {name}", "a mapping of arguments as config", config)
        return cls.from_config(config)  # type: ignore[return-value]

    def _made(self, custom: Any) -> T:
        """A user's registered class or function as a part."""
        return self.get(custom() if isinstance(custom, type) else custom)


class OpenFamily(Family[T]):
    """A family in which a plain function is welcome, too: `from_function` makes a part of it, which keeps it as
    `function`. It is saved by its name; whoever loads it registers it, or gives it in custom_objects."""

    from_function: type[T]

    def get(self, identifier: Any, where: str = "") -> T:
        """As of any family, and of a function the part that is made of it."""
        if callable(identifier) and not isinstance(identifier, Part | type | str):
            return self.from_function(identifier)
        return super().get(identifier, where or f"{self.plural}.get")

    def serialize(self, part: T) -> Any:
        """Keras's saved form; a function is saved by the name under which it was registered, or its own."""
        if isinstance(part, self.from_function):
            name = registered_name(part.function)  # type: ignore[attr-defined]
            return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
        return super().serialize(part)

    def deserialize(
        self, saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None, where: str = ""
    ) -> T:
        """The part that a saved form describes."""
        where = where or f"{self.plural}.deserialize"
        if isinstance(saved, Mapping) and saved.get("class_name") == "function":
            name, known = str(saved.get("config")), {**_custom, **(custom_objects or {})}
            if name not in known:
                raise UnknownName(where, name, known, "If it is your own, register it before loading.")
            return self.get(known[name], where)
        return super().deserialize(saved, custom_objects, where)


def registered_name(cls: Any) -> str:
    """The name under which a user's class or function was registered, or its own."""
    own = str(getattr(cls, "__name__", type(cls).__name__))
    return next((name for name, known in _custom.items() if known is cls), own)


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[C], C]:
    """Class decorator: let saved models name a class of the user's own."""

    def register(cls: C) -> C:
        _custom[f"{package}>{name or cls.__name__}"] = cls
        return cls

    return register


def get_custom_objects() -> dict[str, Any]:
    """The table of the user's registered classes, by name; entries may be added and removed."""
    return _custom


@contextmanager
def custom_object_scope(objects: Mapping[str, Any]) -> Iterator[None]:
    """Within the block, saved models may name these classes."""
    before = dict(_custom)
    _custom.update(objects)
    try:
        yield
    finally:
        _custom.clear()
        _custom.update(before)


def serialize_keras_object(part: Any) -> Any:
    """The saved form of a part of any kind."""
    return plain(part)


def deserialize_keras_object(saved: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The part that a saved form describes; its module tells the kind."""
    where = "deserialize_keras_object"
    listen()
    name, custom = _class_name(where, saved), {**_custom, **(custom_objects or {})}
    mine = custom.get(saved.get("registered_name") or "", custom.get(name))
    if isinstance(mine, type) and issubclass(mine, Part):
        return mine.family.deserialize(saved, custom_objects)
    module = saved.get("module") or ""
    for family in sorted(_families, key=lambda one: one.module):  # whatever was loaded first
        cls = family.named(name) if module else family.parts.get(name)  # "relu" alone could be of any kind
        if cls is not None and module in (family.module, cls.keras_module, ""):
            return family.deserialize(saved, custom_objects)
    raise UnknownName(where, name, [n for f in _families for n in f.parts], "If it is your own, pass custom_objects.")


def _class_name(where: str, saved: Any) -> str:
    if not isinstance(saved, Mapping) or not isinstance(saved.get("class_name"), str):
        raise InvalidArgument(where, "a mapping with class_name and config", saved)
    return str(saved["class_name"])


def is_ours(part: Any) -> bool:
    """Whether a class or a function is the library's own, not a user's.

    >>> is_ours(Part), is_ours(int)
    (True, False)
    """
    return str(part.__module__).partition(".")[0] == __package__  # code run by exec has no module

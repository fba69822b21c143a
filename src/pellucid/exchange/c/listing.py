"""A file of C, put together: what it says of itself, what it offers, constants, functions, and the network."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...__about__ import version
from ...tables.attaching import Attached
from . import spelling
from .columns import Field, encoder_text, targets_text
from .kernels import in_double, needed_by
from .network import Network
from .planning import planned
from .program import program_text
from .writer import Buffer, Writing

MATH = re.compile(r"\b(NAN|INFINITY|isnan|isinf|isfinite|(?:fabs|expm1|exp2?|log1p|log2|log10|log|sqrt|cbrt|a?tanh?|"
                  r"a?sinh?|a?cosh?|atan2|erfc?|hypot|fmod|floor|ceil|trunc|rint|pow|copysign)f?\()")  # fmt: skip


@dataclass
class Listing:
    """A network that is written, and all that stands around it."""

    model: Any
    writing: Writing
    network: Network
    classes: list[str]
    rows: Attached | None
    fields: list[Field]

    def __post_init__(self) -> None:
        self.places, self.sizes = planned(self.writing.steps, self.network.placed)
        parts = [self.predict()]
        if self.rows:
            parts += [encoder_text(self.writing, self.fields), targets_text(self.writing, self.rows, self.outputs)]
        self.body = self.precise("\n\n".join(parts))

    @property
    def inputs(self) -> int:
        return sum(buffer.size for buffer in self.network.inputs)

    @property
    def outputs(self) -> int:
        return sum(buffer.size for buffer in self.network.outputs)

    @cached_property
    def ram(self) -> int:
        """Bytes of static memory that predicting needs."""
        width = np.dtype(self.writing.dtype).itemsize
        found = sum(n * (1 if type_ == "int8_t" else width) for type_, n in self.sizes.items())
        return found + (self.inputs * width if self.fields else 0)

    # The function ------------------------------------------------------------------------------------------------

    def arguments(self) -> str:
        type_ = self.writing.type
        given = [f"const {type_} *{buffer.name}" for buffer in self.network.inputs]
        return ", ".join([*given, *(f"{type_} *{buffer.name}" for buffer in self.network.outputs)])

    def predict(self) -> str:
        """The function that predicts."""
        writing = self.writing
        lines = [f"int {writing.prefix}_predict({self.arguments()})", "{", *map(self.pointer, self.pointed())]
        lines += ["    int bad = 0;"] if "int8_t" in self.sizes else []
        names = [buffer.name for buffer in (*self.network.inputs, *self.network.outputs)]
        lines += [f"    if ({' || '.join(f'!{name}' for name in names)})", "        return -1;"]
        for step in writing.steps:
            lines += ["", f"    /* {spelling.comment(step.title)} */"] if step.title else []
            lines += [f"    {line}" for line in step.lines]
        memory = [f"static {type_} {memory_of(type_)}[{n}];" for type_, n in self.sizes.items()]
        end = ["    return bad;"] if "int8_t" in self.sizes else ["    return 0;"]
        return "\n".join([*memory, *[""] * bool(memory), *lines, *end, "}"])

    def pointed(self) -> list[Buffer]:
        """The buffers within, in the order in which they are filled."""
        every = (buffer for step in self.writing.steps for buffer in (*step.within, step.fills))
        return list(dict.fromkeys(buffer for buffer in every if not buffer.outside))

    def pointer(self, buffer: Buffer) -> str:
        """The line that says where a buffer lies."""
        if buffer in self.network.placed:
            return f"    {buffer.type} *const {buffer.name} = {self.network.placed[buffer].name};"
        start = f" + {self.places[buffer]}" if self.places[buffer] else ""
        return f"    {buffer.type} *const {buffer.name} = {memory_of(buffer.type)}{start}; /* {buffer.size} */"

    # What the file offers ----------------------------------------------------------------------------------------

    def declarations(self) -> str:
        """Sizes, types and functions that a program uses."""
        prefix, upper = self.writing.prefix, self.writing.prefix.upper()
        lines = [f"#define {upper}_INPUTS {self.inputs}", f"#define {upper}_OUTPUTS {self.outputs}"]
        for kind, ends in (("INPUTS", self.network.inputs), ("OUTPUTS", self.network.outputs)):
            if len(ends) > 1:
                lines += [f"#define {upper}_{kind}_{end.name[2:].upper()} {end.size}" for end in ends]
        lines += [f"#define {upper}_CLASSES {len(self.classes)}"] if self.classes else []
        lines += ["", "#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
        if self.classes:
            lines += [f"extern const char *const {prefix}_classes[{upper}_CLASSES];", ""]
        if self.fields:
            lines += ["typedef struct {", *(field.declared for field in self.fields), f"}} {prefix}_row;", ""]
            lines += [self.told("row"), f"int {prefix}_predict_row(const {prefix}_row *row, {self.writing.type} *y);"]
            lines += ["", "/* The numbers that a row is to the network; returns as above. */"]
            lines += [f"int {prefix}_encode(const {prefix}_row *row, {self.writing.type} *x);", ""]
        lines += [self.told("array"), f"int {prefix}_predict({self.arguments()});", ""]
        return "\n".join([*lines, "#ifdef __cplusplus", "}", "#endif"])

    def told(self, what: str) -> str:
        """The comment above a function."""
        bad = "1 where an input is NaN, " if "int8_t" in self.sizes else ""
        if what == "row":
            units = "" if self.classes else ", in the target's own units"
            text = f"Predict of a row{units}. Returns 0, the number (from 1) of a column that cannot be read, {bad}"
            return commented(f"{text}-1 where a pointer is NULL.")
        return commented(f"Predict. Returns 0, {bad}-1 where a pointer is NULL. Arrays do not overlap. Not reentrant.")

    # The texts ---------------------------------------------------------------------------------------------------

    def about(self) -> str:
        """What the file says of itself."""
        model, network, prefix = self.model, self.network, self.writing.prefix
        lines = [f"{model.name}: a neural network, written by Pellucid {version} in C99 that C++ takes, too.", ""]
        for what, ends, names in (
            ("Input", network.inputs, model.input_names), ("Output", network.outputs, model.output_names)
        ):  # fmt: skip
            lines += [f"{what} {end.name}: {name}, {self.sized(end)}" for end, name in zip(ends, names, strict=True)]
        lines += [f"Classes: {', '.join(self.classes)}"] if self.classes else []
        if len(self.classes) == 2 and self.outputs == 1:
            lines.append(f"The output is the probability of {self.classes[1]}.")
        lines += ["", f"Flash for constants: {self.writing.flash:,} bytes. RAM: {self.ram:,} bytes, all static.", ""]
        if self.writing.int8:
            lines += ["Weights of products and what they are multiplied with are bytes, sums have 32 bits; the rest is "
                      "float."]  # fmt: skip
        lines += ["Noise of training is gone; batches are standardized by their moving averages, in a step of its own.",
                  "Whole numbers and truths are floats, which are exact up to 2^24.", "",
                  f"To try it: cc -std=c99 -DPELLUCID_MAIN FILE -lm -o {prefix} && ./{prefix} < rows.csv"]  # fmt: skip
        width = spelling.WIDTH - 3
        told = (textwrap.wrap(spelling.comment(line), width, subsequent_indent="  ") or [""] for line in lines)
        return "/*\n" + "\n".join(f" * {line}".rstrip() for part in told for line in part) + "\n */"

    def sized(self, end: Buffer) -> str:
        """64 numbers (8 x 8)."""
        if end not in self.network.inputs:
            return f"{end.size} numbers"
        shape = self.model.sample_shapes[self.network.inputs.index(end)]
        return f"{end.size} numbers" + (f" ({' x '.join(map(str, shape))})" if len(shape) > 1 else "")

    def header(self) -> str:
        """The header, for a program that calls the functions."""
        guard = f"PELLUCID_{self.writing.prefix.upper()}_H"
        return f"{self.about()}\n\n#ifndef {guard}\n#define {guard}\n\n{self.declarations()}\n\n#endif\n"

    def source(self, header: str = "") -> str:
        """The file; header: the name of the one that it includes."""
        prefix, upper = self.writing.prefix, self.writing.prefix.upper()
        kernels = self.precise("\n\n".join(needed_by(self.body)))
        inputs, outputs = ([end.size for end in side] for side in (self.network.inputs, self.network.outputs))
        names = ", ".join(map(spelling.string, self.classes))
        inner = [
            *self.writing.arrays.values(),
            *([f"const char *const {prefix}_classes[{upper}_CLASSES] = {{{names}}};"] if self.classes else []),
            *([kernels] if kernels else []),
            self.body,
        ]
        includes = ["#include <stddef.h>", "#include <stdint.h>"]
        includes += ["#include <string.h>"] if self.fields else []
        includes += ["#include <math.h>"] if MATH.search("\n".join(inner)) else []
        declared = f"#include {spelling.string(header)}" if header else self.declarations()
        program = self.precise(program_text(prefix, inputs, outputs, self.fields, kernels))
        return "\n\n".join([self.about(), "\n".join(includes), declared, *inner, program])

    def precise(self, text: str) -> str:
        """A text of C for float in the model's precision."""
        return in_double(text) if self.writing.type == "double" else text


def memory_of(type_: str) -> str:
    """The name of the memory for numbers of a type."""
    return "bytes" if type_ == "int8_t" else "memory"


def commented(text: str) -> str:
    """A comment, its lines short."""
    return textwrap.fill(f"/* {text} */", spelling.WIDTH, subsequent_indent="   ")

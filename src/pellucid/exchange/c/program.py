"""The optional program of a file: CSV in, predictions out, so that it can be tried at once."""

from __future__ import annotations

from ...tables.cells import BLANKS, FALSE, MISSING, TRUE
from ...tables.encodings import Category, Truth
from . import spelling
from .columns import Field
from .kernels import needed_by

NUMBER_IN = r"""
/* The number in a cell, NAN for none; *bad where it is no number. */
static double number_in(const char *cell, int *bad)
{
    static const char *const none[] = {@NONE@};
    char *end;
    const double found = strtod(cell, &end);
    if (among(cell, none, sizeof none / sizeof *none))
        return NAN;
    *bad |= end == cell || *end != '\0';
    return found;
}
"""

TRUTH_IN = r"""
/* 1 for a word that says yes, 0 for one that says no, NAN for none; *bad for any other. */
static double truth_in(const char *cell, int *bad)
{
    static const char *const yes[] = {@YES@}, *const no[] = {@NO@}, *const none[] = {@NONE@};
    if (among(cell, none, sizeof none / sizeof *none))
        return NAN;
    if (among(cell, yes, sizeof yes / sizeof *yes))
        return 1.0;
    *bad |= !among(cell, no, sizeof no / sizeof *no);
    return 0.0;
}
"""

COMMON = r"""
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

@KERNELS@/* Read a cell of CSV; returns what ends it: a comma, a line's end or EOF, and 0 where it is too long. */
static int read_cell(char *cell, size_t size)
{
    size_t n = 0;
    int quoted = 0, c;
    while ((c = getchar()) != EOF && (quoted || (c != ',' && c != '\n'))) {
        if (c == '"' && quoted && (c = getchar()) != '"') {
            quoted = 0;
            ungetc(c, stdin);
        } else if (c == '"' && !quoted && n == 0)
            quoted = 1;
        else if (c != '\r' && (c != ' ' || n > 0)) {
            if (n + 1 >= size)
                return 0;
            cell[n++] = (char)c;
        }
    }
    while (n > 0 && cell[n - 1] == ' ')
        n--;
    cell[n] = '\0';
    return c;
}

static int problem(unsigned long row, const char *what)
{
    fprintf(stderr, "row %lu: %s\n", row, what);
    return 1;
}

static void print_row(const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf(i + 1 < n ? "%.9g," : "%.9g\n", (double)y[i]);
}
"""

ARRAYS = r"""
/* Rows of @INPUTS@ numbers, parted by commas; a first row of names is passed over. */
int main(void)
{
    static float x[@INPUTS@], y[@OUTPUTS@];
    static char cell[256];
    int end = '\n';
    for (unsigned long row = 1; end != EOF; row++) {
        size_t n = 0;
        int bad = 0;
        do {
            end = read_cell(cell, sizeof cell);
            if (end == 0)
                return problem(row, "a cell is too long");
            if (n < @INPUTS@)
                x[n] = (float)number_in(cell, &bad);
            n++;
        } while (end == ',');
        if (n == 1 && cell[0] == '\0')
            continue;
        if (row == 1 && bad)
            continue;
        if (n != @INPUTS@ || bad)
            return problem(row, "expected @INPUTS@ numbers");
        if (@CALL@)
            return problem(row, "the model takes no such numbers");
        print_row(y, @OUTPUTS@);
    }
    return 0;
}
"""

TABLE = r"""
/* Rows with the columns' names above them, in any order and with others between them. */
int main(void)
{
    static const char *const names[] = {@NAMES@};
    static char cells[@COLUMNS@ + 1][1024];
    static size_t places[4096];
    static float y[@OUTPUTS@];
    size_t width = 0;
    int end = '\n', found[@COLUMNS@ + 1] = {0};
    do {
        if (width >= sizeof places / sizeof *places || (end = read_cell(cells[0], sizeof cells[0])) == 0)
            return problem(1, "a cell is too long, or there are too many");
        places[width] = place_of(cells[0], names, @COLUMNS@);
        found[places[width++]]++;
    } while (end == ',');
    for (size_t i = 0; i < @COLUMNS@; i++)
        if (found[i] != 1)
            return problem(1, names[i]), problem(1, "is a column that is not there, or twice");
    for (unsigned long row = 2; end != EOF; row++) {
        @PREFIX@_row one;
        size_t n = 0;
        int bad = 0;
        do {
            char *const cell = cells[n < width ? places[n] : @COLUMNS@];
            if ((end = read_cell(cell, sizeof cells[0])) == 0)
                return problem(row, "a cell is too long");
            bad |= n == 0 && end != ',' && cell[0] == '\0' && width > 1; /* an empty line */
            n++;
        } while (end == ',');
        if (bad || (end == EOF && n == 1 && cells[places[0]][0] == '\0'))
            continue;
        if (n != width)
            return problem(row, "expected as many cells as there are names");
@FILLED@
        if (bad)
            return problem(row, "a cell is no number, or neither yes nor no");
        if (@PREFIX@_predict_row(&one, y))
            return problem(row, "the model takes no such cells");
        print_row(y, @OUTPUTS@);
    }
    return 0;
}
"""


def program_text(prefix: str, inputs: list[int], outputs: list[int], fields: list[Field], known: str) -> str:
    """The program, behind its #ifdef. known: the file before it, whose functions are there."""
    x, y = ([f"{letter} + {sum(sizes[:i])}" if i else letter for i in range(len(sizes))]
            for letter, sizes in (("x", inputs), ("y", outputs)))  # fmt: skip
    readers = {Category: "cells[{}]", Truth: "truth_in(cells[{}], &bad)"}
    cells = [readers.get(type(f.column), "number_in(cells[{}], &bad)").format(i) for i, f in enumerate(fields)]
    filled = [f"        one.{field.name} = {cell};" for field, cell in zip(fields, cells, strict=True)]
    main = TABLE.replace("@FILLED@", "\n".join(filled)) if fields else ARRAYS
    reading = "".join(text for name, text in (("number_in", NUMBER_IN), ("truth_in", TRUTH_IN)) if f"{name}(" in main)
    kernels = [part for part in needed_by(reading + main) if part not in known]
    words = {
        "KERNELS": "".join(f"{kernel}\n\n" for kernel in kernels),
        "NONE": listed(MISSING | BLANKS), "YES": listed(TRUE), "NO": listed(FALSE), "INPUTS": str(sum(inputs)),
        "OUTPUTS": str(sum(outputs)), "COLUMNS": str(len(fields)), "PREFIX": prefix,
        "CALL": f"{prefix}_predict({', '.join([*x, *y])})",
        "NAMES": ", ".join(spelling.string(field.column.name) for field in fields),  # last: they may hold anything
    }  # fmt: skip
    text = COMMON + reading + main
    for word, instead in words.items():
        text = text.replace(f"@{word}@", instead)
    return f"#ifdef PELLUCID_MAIN\n{text.strip()}\n#endif\n"


def listed(words: frozenset[str] | set[str]) -> str:
    return ", ".join(map(spelling.string, sorted(words)))

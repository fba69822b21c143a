/*
 * sequential: a neural network, written by Pellucid 0.1.0 in C99 that C++ takes, too.
 *
 * Input x: input_layer, 6 numbers (3 x 2)
 * Output y: time_distributed, 6 numbers
 *
 * Flash for constants: 24 bytes. RAM: 0 bytes, all static.
 *
 * Noise of training is gone; batches are standardized by their moving averages, in a step of its own.
 * Whole numbers and truths are floats, which are exact up to 2^24.
 *
 * To try it: cc -std=c99 -DPELLUCID_MAIN FILE -lm -o model && ./model < rows.csv
 */

#include <stddef.h>
#include <stdint.h>

#define MODEL_INPUTS 6
#define MODEL_OUTPUTS 6

#ifdef __cplusplus
extern "C" {
#endif

/* Predict. Returns 0, -1 where a pointer is NULL. Arrays do not overlap. Not reentrant. */
int model_predict(const float *x, float *y);

#ifdef __cplusplus
}
#endif

static const float time_distributed_dense_kernel[4] = {
    1.00964677f, -0.551827908f, -0.973769546f, -0.357206404f
};

static const float time_distributed_dense_bias[2] = {
    0.0f, 0.0f
};

/* y = W x + b for each row of x; W has a row for each unit. */
static void dense(const float *x, const float *W, const float *b, float *y, size_t rows, size_t inputs, size_t units)
{
    for (size_t r = 0; r < rows; r++, x += inputs)
        for (size_t u = 0; u < units; u++) {
            const float *w = W + u * inputs;
            float sum = 0.0f;
            for (size_t i = 0; i < inputs; i++)
                sum += x[i] * w[i];
            *y++ = b ? sum + b[u] : sum;
        }
}

int model_predict(const float *x, float *y)
{
    float *const time_distributed_dense_out = y;
    if (!x || !y)
        return -1;

    /* time_distributed/dense: Dense, 3 x 2 -> 3 x 2 */
    dense(x, time_distributed_dense_kernel, time_distributed_dense_bias, time_distributed_dense_out, 3, 2, 2);
    return 0;
}

#ifdef PELLUCID_MAIN
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Whether two texts are the same but for small and capital letters. */
static int same_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) != (*b >= 'A' && *b <= 'Z' ? *b + 32 : *b))
            return 0;
    return *a == *b;
}

/* Whether a word is one of n. */
static int among(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (same_word(word, words[i]))
            return 1;
    return 0;
}

/* Read a cell of CSV; returns what ends it: a comma, a line's end or EOF, and 0 where it is too long. */
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

/* The number in a cell, NAN for none; *bad where it is no number. */
static double number_in(const char *cell, int *bad)
{
    static const char *const none[] = {"", "#n/a", "-", "--", "-nan", ".", "<na>", "\077", "missing", "n/a", "na", "nan", "nat", "nil", "none", "null"};
    char *end;
    const double found = strtod(cell, &end);
    if (among(cell, none, sizeof none / sizeof *none))
        return NAN;
    *bad |= end == cell || *end != '\0';
    return found;
}

/* Rows of 6 numbers, parted by commas; a first row of names is passed over. */
int main(void)
{
    static float x[6], y[6];
    static char cell[256];
    int end = '\n';
    for (unsigned long row = 1; end != EOF; row++) {
        size_t n = 0;
        int bad = 0;
        do {
            end = read_cell(cell, sizeof cell);
            if (end == 0)
                return problem(row, "a cell is too long");
            if (n < 6)
                x[n] = (float)number_in(cell, &bad);
            n++;
        } while (end == ',');
        if (n == 1 && cell[0] == '\0')
            continue;
        if (row == 1 && bad)
            continue;
        if (n != 6 || bad)
            return problem(row, "expected 6 numbers");
        if (model_predict(x, y))
            return problem(row, "the model takes no such numbers");
        print_row(y, 6);
    }
    return 0;
}
#endif

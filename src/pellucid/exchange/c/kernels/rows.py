"""Functions of rows: they take what lies along the last axis, `rows` times."""

ROWS = r"""
static void total(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        float sum = 0.0f;
        for (size_t i = 0; i < n; i++)
            sum += x[i];
        y[r] = sum;
    }
}

static void mean(const float *x, float *y, size_t rows, size_t n)
{
    total(x, y, rows, n);
    for (size_t r = 0; r < rows; r++)
        y[r] /= (float)n;
}

/* sum (x - mean)^2 / n */
static void variance(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        float middle, sum = 0.0f;
        mean(x, &middle, 1, n);
        for (size_t i = 0; i < n; i++)
            sum += (x[i] - middle) * (x[i] - middle);
        y[r] = sum / (float)n;
    }
}

static void deviation(const float *x, float *y, size_t rows, size_t n)
{
    variance(x, y, rows, n);
    for (size_t r = 0; r < rows; r++)
        y[r] = sqrtf(y[r]);
}

static void product(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        float all = 1.0f;
        for (size_t i = 0; i < n; i++)
            all *= x[i];
        y[r] = all;
    }
}

static void largest(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        float found = x[0];
        for (size_t i = 1; i < n; i++)
            found = x[i] > found || x[i] != x[i] ? x[i] : found;
        y[r] = found;
    }
}

static void smallest(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        float found = x[0];
        for (size_t i = 1; i < n; i++)
            found = x[i] < found || x[i] != x[i] ? x[i] : found;
        y[r] = found;
    }
}

/* The place of the largest, the first of several; of a NaN, if there is one. */
static void place_of_largest(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        size_t found = 0;
        for (size_t i = 1; i < n && x[found] == x[found]; i++)
            found = x[i] > x[found] || x[i] != x[i] ? i : found;
        y[r] = (float)found;
    }
}

static void place_of_smallest(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        size_t found = 0;
        for (size_t i = 1; i < n && x[found] == x[found]; i++)
            found = x[i] < x[found] || x[i] != x[i] ? i : found;
        y[r] = (float)found;
    }
}

/* How many are not 0. */
static void count(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        size_t found = 0;
        for (size_t i = 0; i < n; i++)
            found += x[i] != 0.0f;
        y[r] = (float)found;
    }
}

static void any_of(const float *x, float *y, size_t rows, size_t n)
{
    count(x, y, rows, n);
    for (size_t r = 0; r < rows; r++)
        y[r] = y[r] > 0.0f ? 1.0f : 0.0f;
}

static void all_of(const float *x, float *y, size_t rows, size_t n)
{
    count(x, y, rows, n);
    for (size_t r = 0; r < rows; r++)
        y[r] = y[r] == (float)n ? 1.0f : 0.0f;
}

/* log(sum exp(x)); the largest is taken out, so that nothing overflows */
static void log_sum_exp(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        float top, sum = 0.0f;
        largest(x, &top, 1, n);
        top = isfinite(top) ? top : 0.0f;
        for (size_t i = 0; i < n; i++)
            sum += expf(x[i] - top);
        y[r] = logf(sum) + top;
    }
}

/* sqrt(sum x^2) */
static void length(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n) {
        float sum = 0.0f;
        for (size_t i = 0; i < n; i++)
            sum += x[i] * x[i];
        y[r] = sqrtf(sum);
    }
}

/* exp(x) / sum exp(x); the largest is taken out, so that nothing overflows */
static void softmax(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float top, sum = 0.0f;
        largest(x, &top, 1, n);
        for (size_t i = 0; i < n; i++) {
            y[i] = expf(x[i] - top);
            sum += y[i];
        }
        for (size_t i = 0; i < n; i++)
            y[i] /= sum;
    }
}

static void log_softmax(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float top, sum = 0.0f;
        largest(x, &top, 1, n);
        for (size_t i = 0; i < n; i++)
            sum += expf(x[i] - top);
        sum = logf(sum);
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] - top - sum;
    }
}

/* The nearest point among all probabilities: max(x - t, 0), with t such that they sum to 1. t rises until those above
   it stay the same (Michelot 1986). */
static void sparsemax(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float top, t = -INFINITY;
        size_t above = 0, before;
        largest(x, &top, 1, n);
        do {
            float sum = -1.0f;
            before = above;
            above = 0;
            for (size_t i = 0; i < n; i++)
                if (x[i] - top > t) {
                    sum += x[i] - top;
                    above++;
                }
            t = sum / (float)above;
        } while (above != before);
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] - top <= t ? 0.0f : x[i] - top - t;
    }
}

/* (x - mean) / sqrt(variance + epsilon) */
static void standardize(const float *x, float *y, size_t rows, size_t n, float epsilon)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float middle, spread;
        mean(x, &middle, 1, n);
        variance(x, &spread, 1, n);
        for (size_t i = 0; i < n; i++)
            y[i] = (x[i] - middle) / sqrtf(spread + epsilon);
    }
}

/* x / sqrt(variance + epsilon) */
static void by_deviation(const float *x, float *y, size_t rows, size_t n, float epsilon)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float spread;
        variance(x, &spread, 1, n);
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] / sqrtf(spread + epsilon);
    }
}

/* x / sqrt(mean of x^2 + epsilon) */
static void by_mean_square(const float *x, float *y, size_t rows, size_t n, float epsilon)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float sum = 0.0f;
        for (size_t i = 0; i < n; i++)
            sum += x[i] * x[i];
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] / sqrtf(sum / (float)n + epsilon);
    }
}

/* x at length 1; what is shorter than `least` is divided by that */
static void unit(const float *x, float *y, size_t rows, size_t n, float least)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float size;
        length(x, &size, 1, n);
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] / (size < least ? least : size);
    }
}

static void running_total(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float sum = 0.0f;
        for (size_t i = 0; i < n; i++)
            y[i] = sum += x[i];
    }
}

static void running_product(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        float all = 1.0f;
        for (size_t i = 0; i < n; i++)
            y[i] = all *= x[i];
    }
}

/* From the smallest to the largest, NaN behind. */
static void sorted(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n)
        for (size_t i = 0; i < n; i++) {
            const float one = x[i];
            size_t j = i;
            for (; j > 0 && (y[j - 1] > one || (y[j - 1] != y[j - 1] && one == one)); j--)
                y[j] = y[j - 1];
            y[j] = one;
        }
}

/* The places of what `sorted` gives, the first of equal ones first. */
static void order_of(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n)
        for (size_t i = 0; i < n; i++) {
            size_t j = i;
            for (; j > 0; j--) {
                const float before = x[(size_t)y[j - 1]];
                if (!(before > x[i] || (before != before && x[i] == x[i])))
                    break;
                y[j] = y[j - 1];
            }
            y[j] = (float)i;
        }
}

/* The number in the middle of sorted ones, the mean of two where there are two. */
static void middle_of(const float *x, float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n)
        y[r] = x[n - 1] != x[n - 1] ? x[n - 1] : n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2.0f;
}

/* What stands beside each number in a table whose keys ascend; another number where it is none of them. */
static void look_up(const float *x, float *y, size_t n, const float *keys, const float *values, size_t m, float other)
{
    for (size_t i = 0; i < n; i++) {
        size_t low = 0, high = m;
        while (low < high) {
            const size_t middle = (low + high) / 2;
            if (keys[middle] < x[i])
                low = middle + 1;
            else
                high = middle;
        }
        y[i] = low < m && keys[low] == x[i] ? values[low] : other;
    }
}
"""

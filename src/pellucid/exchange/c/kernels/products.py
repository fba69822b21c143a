"""Products with a matrix of weights, in floats and in bytes."""

PRODUCTS = r"""
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

/* q = round(x / scale) + zero, within a byte; returns how many x are NaN. */
static int quantize(const float *x, int8_t *q, size_t n, float scale, int zero)
{
    int nan = 0;
    for (size_t i = 0; i < n; i++) {
        const float z = x[i] / scale + (float)zero;
        nan |= x[i] != x[i];
        q[i] = (int8_t)(!(z > -128.0f) ? -128.0f : z > 127.0f ? 127.0f : z < 0.0f ? z - 0.5f : z + 0.5f);
    }
    return nan;
}

/* y = scale (W q - W zero) + b for each row of q, the sums in 32 bits. `start` is -W zero. */
static void dense_int8(const int8_t *q, const int8_t *W, const int32_t *start, const float *scale, const float *b,
                       float *y, size_t rows, size_t inputs, size_t units)
{
    for (size_t r = 0; r < rows; r++, q += inputs)
        for (size_t u = 0; u < units; u++) {
            const int8_t *w = W + u * inputs;
            int32_t sum = start[u];
            for (size_t i = 0; i < inputs; i++)
                sum += (int32_t)q[i] * w[i];
            *y++ = (float)sum * scale[u] + (b ? b[u] : 0.0f);
        }
}
"""
